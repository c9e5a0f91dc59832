using System.Diagnostics;
using System.Globalization;
using System.Text;
using FlexFs.Bench.Fuse;

// bench-fuse MEMORYFS PASSTHROUGH_HP [REPEATS]: the memory file system of this library beside libfuse's passthrough_hp over
// tmpfs, and tmpfs itself, in one run. Both servers then do no I/O, so what is measured is the way through FUSE.
if (args.Length < 2)
{
    Console.Error.WriteLine("usage: bench-fuse MEMORYFS PASSTHROUGH_HP [REPEATS]; see bench/Fuse/run");
    return 2;
}
int repeats = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 5;
string root = Directory.CreateTempSubdirectory("bench-fuse-").FullName;
Run("/", $"mount -t tmpfs -o size=3g tmpfs '{root}'");
try
{
    string archive = MakeArchive(root);
    Mounted[] targets =
    [
        Mounted.Folder("tmpfs", $"{root}/plain"),
        Mounted.Start("passthrough_hp", $"{root}/hp", args[1], "--foreground", Directory.CreateDirectory($"{root}/source").FullName, $"{root}/hp"),
        Mounted.Start("memoryfs", $"{root}/memory", args[0], $"{root}/memory"),
        Mounted.Start("memoryfs, no xattr", $"{root}/noxattr", args[0], $"{root}/noxattr", "--no-xattr"),
    ];
    Row[] rows =
    [
        new("untar of 5,000 files", "us/file", 5000, "", $"mkdir t; tar -xf '{archive}' -C t", ""),
        new("find -size, cold", "us/file", 5000, "drop", "find t -size +100 > /dev/null", ""),
        new("cat all, cold", "us/file", 5000, "drop", "find t -type f -print0 | xargs -0 cat > /dev/null", ""),
        new("rm -rf", "us/file", 5000, "", "rm -rf t", ""),
        new("write 512 MiB + fsync", "ms", 1000, "", "dd if=/dev/zero of=big bs=1M count=512 conv=fsync 2>/dev/null", ""),
        new("read 512 MiB, cold", "ms", 1000, "drop", "dd if=big of=/dev/null bs=1M 2>/dev/null", ""),
        new("read 512 MiB, direct", "ms", 1000, "", "dd if=big of=/dev/null bs=1M iflag=direct 2>/dev/null || dd if=big of=/dev/null bs=1M 2>/dev/null", "rm big"),
        new("20,000 4 KiB direct reads", "us each", 20000, "head -c 8M /dev/zero > small", "dd if=small of=/dev/null bs=4k count=2000 iflag=direct 2>/dev/null; for i in 1 2 3 4 5 6 7 8 9; do dd if=small of=/dev/null bs=4k count=2000 iflag=direct 2>/dev/null || true; done", "rm small"),
    ];
    var times = new Dictionary<(string Row, string Target), List<double>>();
    for (int i = 0; i <= repeats; i++)
    {
        // Targets take turns within a repeat, so that what else the machine does hits all alike.
        foreach (Mounted target in targets)
        {
            foreach (Row row in rows)
            {
                if (row.Before == "drop") DropCaches();
                else if (row.Before.Length > 0) Run(target.Path, row.Before);
                double seconds = Run(target.Path, row.Script);
                if (row.After.Length > 0) Run(target.Path, row.After);
                // The first round warms the servers up.
                if (i == 0) continue;
                if (!times.TryGetValue((row.Name, target.Name), out List<double>? list)) times[(row.Name, target.Name)] = list = [];
                list.Add(seconds * 1_000_000 / row.Units);
            }
            double stats = Statfs(target.Path);
            if (i == 0) continue;
            if (!times.TryGetValue(("statfs", target.Name), out List<double>? each)) times[("statfs", target.Name)] = each = [];
            each.Add(stats);
        }
    }
    Report(targets, [.. rows.Select(row => (row.Name, row.Unit)), ("statfs", "us each")], times);
    foreach (Mounted target in targets.Where(target => target.ResidentBytes > 0))
    {
        Console.WriteLine($"{target.Name}: {target.ResidentBytes >> 20} MiB resident at the end");
    }
    foreach (Mounted target in targets) target.Dispose();
}
finally
{
    Run("/", $"umount -l '{root}'; rmdir '{root}'");
}
return 0;

static string MakeArchive(string root)
{
    string folder = $"{root}/tree";
    var random = new Random(1);
    byte[] bytes = new byte[8192];
    random.NextBytes(bytes);
    for (int i = 0; i < 5000; i++)
    {
        string directory = $"{folder}/d{i % 50}";
        Directory.CreateDirectory(directory);
        File.WriteAllBytes($"{directory}/file{i}", bytes[..random.Next(200, 6000)]);
    }
    Run(folder, $"tar -cf '{root}/tree.tar' .");
    return $"{root}/tree.tar";
}

static void DropCaches()
{
    // Once does not evict everything.
    for (int i = 0; i < 3; i++) File.WriteAllText("/proc/sys/vm/drop_caches", "3");
}

static double Run(string folder, string script)
{
    var start = new ProcessStartInfo("/bin/sh", ["-ec", $"cd '{folder}'; {script}"]);
    long before = Stopwatch.GetTimestamp();
    using Process process = Process.Start(start)!;
    process.WaitForExit();
    if (process.ExitCode != 0) throw new InvalidOperationException($"in {folder}: {script} ended with {process.ExitCode}");
    return Stopwatch.GetElapsedTime(before).TotalSeconds;
}

// statfs(2) is never cached: one request and nothing else. This process serves none of the mounts.
static double Statfs(string path)
{
    const int calls = 20_000;
    byte[] name = Encoding.UTF8.GetBytes(path + "\0");
    long before = Stopwatch.GetTimestamp();
    for (int i = 0; i < calls; i++)
    {
        if (Libc.Statfs(name) != 0) throw new InvalidOperationException($"statfs of {path} failed");
    }
    return Stopwatch.GetElapsedTime(before).TotalMicroseconds / calls;
}

static void Report(Mounted[] targets, (string Name, string Unit)[] rows, Dictionary<(string Row, string Target), List<double>> times)
{
    Console.WriteLine($"{"median (best-worst), x peer's speed",-36}{string.Concat(targets.Select(target => $"{target.Name,30}"))}");
    foreach ((string name, string unit) in rows)
    {
        double peer = Median(times[(name, "passthrough_hp")]);
        var line = new StringBuilder($"{name + ", " + unit,-36}");
        foreach (Mounted target in targets)
        {
            List<double> list = times[(name, target.Name)];
            double median = Median(list);
            line.Append(CultureInfo.InvariantCulture, $"{$"{median:0.0} ({list.Min():0.0}-{list.Max():0.0}) x{peer / median:0.00}",30}");
        }
        Console.WriteLine(line);
    }
}

static double Median(List<double> values)
{
    double[] sorted = [.. values.Order()];
    return sorted[sorted.Length / 2];
}

internal sealed record Row(string Name, string Unit, double Units, string Before, string Script, string After);
