using System.Diagnostics;
using System.Globalization;

namespace FlexFs.Conformance.Harness;

/// <summary>Another process with one file open: this program once more, told what to do by lines on its stdin.</summary>
internal sealed class OtherProcess : IDisposable
{
    private const int SetLock = 6;
    private readonly Process _process;

    /// <param name="path">Absolute.</param>
    internal OtherProcess(string path)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        // Under dotnet(1) the program is the assembly.
        if (Path.GetFileName(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(OtherProcess).Assembly.Location);
        start.ArgumentList.Add("other");
        _process = Process.Start(start)!;
        Ask(path);
    }

    /// <summary>Its process id.</summary>
    internal int Id => _process.Id;

    /// <summary>Locks a range for writing without waiting.</summary>
    internal long TryLock(long start, long length) => Ask(string.Create(CultureInfo.InvariantCulture, $"{start} {length}"));

    /// <summary>What the program does.</summary>
    internal static int Serve()
    {
        var path = Console.ReadLine();
        if (path is null) return 1;
        var file = (int)Libc.OpenAt(Libc.AT_FDCWD, path, O_RDWR);
        Console.WriteLine(file);
        while (Console.ReadLine() is { } line)
        {
            var numbers = line.Split(' ');
            FLock wanted = new()
            {
                Type = FLock.F_WRLCK,
                Start = long.Parse(numbers[0], CultureInfo.InvariantCulture),
                Length = long.Parse(numbers[1], CultureInfo.InvariantCulture),
            };
            Console.WriteLine(Libc.FCntl(file, SetLock, ref wanted));
        }

        return 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _ = _process.WaitForExit(TimeSpan.FromSeconds(30));
        _process.Dispose();
    }

    private long Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        var answer = _process.StandardOutput.ReadLine();
        return answer is null ? Fail() : long.Parse(answer, CultureInfo.InvariantCulture);
    }

    private static long Fail()
    {
        Assert.Fail("the other process ended");
        return 0;
    }
}
