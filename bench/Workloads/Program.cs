using System.Globalization;
using FlexFs.Workloads;
using FlexFs.Workloads.Rows;
using FlexFs.Workloads.Targets;

// Every row on every target, interleaved, so that a noisy moment hits all of them; printed as ratios.
var root = Path.GetFullPath(args[0]);
var repeats = 3;
var isCheck = false;
var wanted = new HashSet<string>(StringComparer.Ordinal);
foreach (var arg in args[1..])
{
    if (arg == "--check") isCheck = true;
    else if (AllRows.Of("").Any(row => row.Name == arg)) wanted.Add(arg);
    else if (!arg.StartsWith("--repeats=", StringComparison.Ordinal)
        || !int.TryParse(arg[10..], NumberStyles.None, CultureInfo.InvariantCulture, out repeats) || repeats == 0)
    {
        Console.Error.WriteLine(
            $"{arg} is neither a row nor --repeats=N; rows are: {string.Join(' ', AllRows.Of("").Select(row => row.Name))}");
        return 2;
    }
}

if (isCheck) return 0;
var work = Path.Combine(root, "out", "bench");
// In memory, so that reading the input costs the same everywhere.
var inputs = "/dev/shm/flexfs-bench";
Inputs.Make(inputs);

var rows = AllRows.Of(inputs).Where(r => wanted.Count == 0 || wanted.Contains(r.Name)).ToList();

// Whatever ends this, what it started ends with it, and what a killed run left is taken away first.
using var signals = new EndingSignals();
EndingSignals.Unmount(work);
Directory.CreateDirectory(work);
var local = Path.Combine(work, "local");
Directory.CreateDirectory(local);
var targets = new List<Target> { new LocalFolder(local) };
try
{
    targets.Add(new Passthrough(root, Path.Combine(work, "hp.source"), Path.Combine(work, "hp")));
    targets.Add(new Sshfs(Path.Combine(work, "sshfs.source"), Path.Combine(work, "sshfs")));
    targets.Add(new S3fs(root, Path.Combine(work, "s3fs.source"), Path.Combine(work, "s3fs")));
    targets.Add(new FlexCluster(root, Path.Combine(work, "cluster")));
    var flex = targets[^1];
    var peer = targets[1];
    Console.WriteLine($"idle memory of the mount: {flex.ResidentBytes / 1e6:F0} MB (passthrough_hp {peer.ResidentBytes / 1e6:F0} MB)");
    Console.WriteLine();
    Console.WriteLine($"| row | unit | {string.Join(" | ", targets.Select(t => t.Name))} | flexFS / passthrough_hp | flexFS / {targets[0].Name} | mount + server afterwards |");
    Console.WriteLine($"|---|---|{string.Concat(Enumerable.Repeat("---|", targets.Count + 3))}");
    foreach (var row in rows)
    {
        var figures = targets.ToDictionary(t => t, _ => new List<double>());
        for (var i = 0; i < Math.Min(repeats, row.Repeats); i++)
        {
            foreach (var target in targets.Where(t => i < t.Repeats))
            {
                var folder = Path.Combine(target.Folder, $"{row.Name}.{i}");
                Directory.CreateDirectory(folder);
                Shell.Run("sync");
                try
                {
                    if (row.Measure(target, folder) is var figure && !double.IsNaN(figure)) figures[target].Add(figure);
                }
                catch (InvalidOperationException failure) when (target is S3fs)
                {
                    // The one peer that cannot do everything: its cell says so, and the others go on.
                    Console.Error.WriteLine($"{target.Name}: {row.What}: {failure.Message.Split('\n')[0]}");
                }

                Shell.Run($"rm -rf '{folder}'");
            }
        }

        var flexMedian = Median(figures[flex]);
        var ratio = flexMedian / Median(figures[peer]);
        var promise = row.Promise is { } least ? $" ({(ratio >= least ? "holds" : "MISSED")}: {least})" : "";
        Console.WriteLine(
            $"| {row.What} | {row.Unit} | {string.Join(" | ", targets.Select(t => Shown(figures[t])))} | "
            + $"**{ratio:F2}**{promise} | {flexMedian / Median(figures[targets[0]]):F2} | {flex.ResidentBytes / 1e6:F0} + {flex.ServerResidentBytes / 1e6:F0} MB |");
    }
}
catch (Exception) when (Shell.IsInterrupted)
{
    Console.Error.WriteLine("interrupted: what was started is ended");
    return 130;
}
finally
{
    Shell.IsEnding = true;
    foreach (var target in Enumerable.Reverse(targets)) target.Dispose();
    EndingSignals.Unmount(work);
    Shell.EndAll();
}

return 0;

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

static string Shown(List<double> values) =>
    values.Count == 0 ? "-" : string.Create(
        CultureInfo.InvariantCulture, $"{Median(values):N0} ({values.Min():N0}-{values.Max():N0})");
