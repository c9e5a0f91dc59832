using System.Globalization;
using System.Text.RegularExpressions;
using FlexFs.Workloads.Targets;

namespace FlexFs.Workloads.Rows;

/// <summary>The rows of the benchmark.</summary>
public static partial class AllRows
{
    private const int Files = 5000;

    /// <summary>In the order in which they are run.</summary>
    public static IReadOnlyList<Row> Of(string inputs) =>
    [
        new("untar", "untar 5,000 small files", "files/s", true, 0.4, (target, folder) =>
            Files / Shell.Run($"tar xf '{inputs}/small.tar' -C '{folder}'").TotalSeconds),
        new("find", "find + stat of 5,000 files, cold", "files/s", true, 0.5, (target, folder) =>
        {
            Shell.Run($"tar xf '{inputs}/small.tar' -C '{folder}'");
            target.MakeCold();
            return Files / Shell.Run($"find '{folder}' -size +1000k").TotalSeconds;
        }),
        new("cat", "read 5,000 small files, cold", "files/s", true, null, (target, folder) =>
        {
            Shell.Run($"tar xf '{inputs}/small.tar' -C '{folder}'");
            target.MakeCold();
            return Files / Shell.Run($"find '{folder}' -type f -print0 | xargs -0 cat > /dev/null").TotalSeconds;
        }),
        new("rm", "rm -rf of 5,000 files", "files/s", true, null, (target, folder) =>
        {
            Shell.Run($"tar xf '{inputs}/small.tar' -C '{folder}'");
            return Files / Shell.Run($"rm -rf '{folder}/small'").TotalSeconds;
        }),
        new("write", "write 1 GiB and fsync", "MiB/s", true, 0.6, (target, folder) =>
            1024 / Shell.Run($"dd if='{inputs}/big' of='{folder}/big' bs=1M conv=fsync status=none").TotalSeconds),
        new("coldread", "read 1 GiB, cold", "MiB/s", true, null, (target, folder) =>
        {
            Shell.Run($"dd if='{inputs}/big' of='{folder}/big' bs=1M conv=fsync status=none");
            target.MakeCold();
            return 1024 / Shell.Run($"dd if='{folder}/big' of=/dev/null bs=1M status=none").TotalSeconds;
        }),
        new("warmread", "read 1 GiB, warm", "MiB/s", true, 0.8, (target, folder) =>
        {
            Shell.Run($"dd if='{inputs}/big' of='{folder}/big' bs=1M conv=fsync status=none");
            Shell.Run($"dd if='{folder}/big' of=/dev/null bs=1M status=none");
            return 1024 / Shell.Run($"dd if='{folder}/big' of=/dev/null bs=1M status=none").TotalSeconds;
        }),
        new("randread", "4 KiB random read, depth 16, 256 MiB, direct", "IOPS", true, null, (target, folder) =>
        {
            Shell.Run($"dd if='{inputs}/big' of='{folder}/fio.dat' bs=1M count=256 conv=fsync status=none");
            target.MakeCold();
            return Fio(
                $"--name=r --filename='{folder}/fio.dat' --rw=randread --bs=4k --iodepth=16 --ioengine=libaio --direct=1 "
                + "--size=256M --time_based --runtime=4", "read");
        }),
        new("fsync4k", "4 KiB overwrite + fsync", "IOPS", true, null, (target, folder) =>
        {
            Shell.Run($"dd if='{inputs}/big' of='{folder}/fio.dat' bs=1M count=16 conv=fsync status=none");
            return Fio(
                $"--name=w --filename='{folder}/fio.dat' --rw=randwrite --bs=4k --ioengine=psync --fsync=1 --size=16M "
                + "--time_based --runtime=4", "write");
        }),
        .. ProgramRows.Of(inputs),
        .. SharedRows.All,
    ];

    private static double Fio(string arguments, string direction)
    {
        var output = Shell.Output($"fio {arguments} --output-format=normal");
        var match = Iops().Match(output);
        if (!match.Success) throw new InvalidOperationException($"fio printed no IOPS for {direction}:\n{output}");
        var scale = match.Groups[2].Value == "k" ? 1000 : 1;
        return double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * scale;
    }

    [GeneratedRegex(@"IOPS=([0-9.]+)(k?)")]
    private static partial Regex Iops();
}
