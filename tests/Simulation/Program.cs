using FlexFs.Simulation.Workloads;

// ./dev sim: the simulator as a program. Everything else is the test runner, as xunit would begin it by itself.
if (args is ["sim", ..]) return SimCommand.Run(args[1..]);
return args.Contains("--server") || args.Contains("--internal-msbuild-node")
    ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(
        args, FlexFs.Simulation.SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
