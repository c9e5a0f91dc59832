using FlexFs.Apps.Free;

return await FreeCommandLine.Create().RunAsync(args);
