using System.CommandLine;
using FlexFs.Apps.Mount;
using FlexFs.Hosting.CommandLine;

CommandLineApp app = new("mount.flexfs", "Mounts a flexFS volume.");
Command init = new("init", "set up this host") { CredentialCommands.Init(), FstabCommands.Init() };
Command deinit = new("deinit", "undo what init did") { CredentialCommands.Deinit(), FstabCommands.Deinit() };
return await app
    .Add(StartCommand.Create())
    .Add(init)
    .Add(deinit)
    .AddStandardCommands()
    .RunAsync(HelperArguments.Translate(args));
