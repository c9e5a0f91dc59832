using FlexFs.Conformance.Harness;

// "other": another process, for locks between processes. Everything else is the test runner, as xunit would begin it by itself.
if (args is ["other", ..]) return OtherProcess.Serve();
return args.Contains("--server") || args.Contains("--internal-msbuild-node")
    ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(
        args, FlexFs.Conformance.SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
