using FlexFs.Differential.Runs;

// ./dev differ: the comparison as a program. Everything else is the test runner, as xunit would begin it by itself.
if (args is ["differ", ..]) return await DifferCommand.RunAsync(args[1..]);
return args.Contains("--server") || args.Contains("--internal-msbuild-node")
    ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(
        args, FlexFs.Differential.SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
