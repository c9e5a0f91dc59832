using System.Diagnostics;

namespace FlexFs.Conformance.Data;

/// <summary>execve(2), as far as it is the file system's.</summary>
public sealed class ExecuteTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("execve(2): ETXTBSY, open(2): ETXTBSY")]
    public void A_running_program_is_not_written_and_a_written_one_not_run(Place place) => In(place, () =>
    {
        Make("program", File.ReadAllBytes("/bin/sleep"), O(755));
        var path = PathOf("program");
        using var running = Process.Start(path, ["100"]);
        try
        {
            Fails(ETXTBSY, Open("program", O_WRONLY));
            Fails(ETXTBSY, Open("program", O_RDWR));
            Fails(ETXTBSY, Libc.Truncate("program", 0));
            Close(Ok(Open("program", O_RDONLY)));
            Ok(Unlink("program"));
        }
        finally
        {
            running.Kill();
            running.WaitForExit();
        }

        Make("other", File.ReadAllBytes("/bin/sleep"), O(755));
        var file = Ok(Open("other", O_WRONLY));
        Assert.Equal(26, Assert.Throws<System.ComponentModel.Win32Exception>(() => Process.Start(PathOf("other"), ["100"])).NativeErrorCode);
        Close(file);
    });

    [Theory, Man("execve(2): EACCES")]
    public void A_file_that_nobody_may_execute_is_EACCES(Place place) => In(place, () =>
    {
        Make("program", "#!/bin/sh\nexit 7\n"u8, O(644));
        Assert.Equal(13, Assert.Throws<System.ComponentModel.Win32Exception>(() => Process.Start(PathOf("program"))).NativeErrorCode);
        Ok(ChMod("program", O(755)));
        using var ran = Process.Start(PathOf("program"));
        ran.WaitForExit();
        Assert.Equal(7, ran.ExitCode);
    });
}
