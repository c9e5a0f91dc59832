using FlexFs.Apps.Mount;

return await MountCommandLine.Create().RunAsync(HelperArguments.Translate(args));
