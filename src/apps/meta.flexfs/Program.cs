using FlexFs.Apps.Meta;

return await MetaCommandLine.Create().RunAsync(args);
