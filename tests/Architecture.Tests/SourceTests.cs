using System.Text.RegularExpressions;

namespace FlexFs.Architecture.Tests;

/// <summary>Rules of the text of src/.</summary>
public partial class SourceTests
{
    private const int LinesMax = 600;

    /// <summary>Calls that bring threads or timers of one's own, or park a thread.</summary>
    private static readonly (string Name, Regex Pattern)[] Forbidden =
    [
        ("Task.Run", new Regex(@"\bTask\.Run\b")),
        ("Task.Factory", new Regex(@"\bTask\.Factory\b")),
        ("new Thread", new Regex(@"\bnew Thread\(")),
        ("ConfigureAwait", new Regex(@"\bConfigureAwait\b")),
        ("new Timer", new Regex(@"\bnew (Periodic)?Timer\(")),
        (".Result", new Regex(@"(Async\([^;]*\)|[Tt]ask)\.Result\b")),
        (".Wait()", new Regex(@"\.Wait\(\)")),
        ("GetAwaiter().GetResult()", new Regex(@"\.GetAwaiter\(\)\.GetResult\(\)")),
    ];

    /// <summary>Exceptions, with the reason: project, file (or * for all of the project), call.</summary>
    private static readonly Dictionary<(string Project, string File, string Call), string> Allowed = new()
    {
        [("Fuse", "*", "new Thread")] = "a thread for each device queue blocks in read(2) or the ring; no task can",
        [("Fuse", "NotificationThreads.cs", ".Wait()")] = "its own threads, parked until there is a notification to send",
        [("Metadata.RocksDb", "*", "new Thread")] = "the commit thread blocks in fsync(2), away from the executor",
        [("Objects", "BlockingThreads.cs", "new Thread")] = "the bounded set of threads that executables hand to their stores",
    };

    [Fact]
    public void Namespaces_match_folders()
    {
        var wrong = new List<string>();
        foreach (var project in SourceProject.All)
        {
            foreach (var file in project.Sources)
            {
                var folder = Path.GetDirectoryName(Path.GetRelativePath(project.Folder, file))!;
                var expected = RootOf(project) + (folder.Length > 0 ? "." + folder.Replace('/', '.') : "");
                var found = NamespaceLine().Match(File.ReadAllText(file));

                // The compiler looks for its attributes in its own namespaces; top-level statements have none.
                if (found.Success && !found.Groups[1].Value.StartsWith("System.", StringComparison.Ordinal)
                    && found.Groups[1].Value != expected)
                {
                    wrong.Add($"{Relative(file)} is in {found.Groups[1].Value}, expected {expected}");
                }

                if (!found.Success && Path.GetFileName(file) is not ("Program.cs" or "AssemblyInfo.cs" or "GlobalUsings.cs"))
                {
                    wrong.Add($"{Relative(file)} has no file-scoped namespace");
                }
            }
        }

        Assert.Equal([], wrong);
    }

    // An executable is named meta.flexfs, its namespace FlexFs.Apps.Meta.
    private static string RootOf(SourceProject project) => project.Layer == "apps"
        ? $"FlexFs.Apps.{char.ToUpperInvariant(project.Name[0])}{project.Name.Split('.')[0][1..]}"
        : $"FlexFs.{project.Name}";

    [Fact]
    public void No_file_is_over_600_lines() => Assert.Equal(
        [],
        SourceProject.Files("src", "*.cs").Where(file => File.ReadLines(file).Count() > LinesMax).Select(Relative));

    [Fact]
    public void Mechanisms_client_and_service_start_no_threads_and_block_none()
    {
        var wrong =
            from project in SourceProject.All
            where project.Layer == "mechanisms" || project is { Layer: "roles", Name: "Client" or "MetadataService" }
            from file in project.Sources
            from line in File.ReadLines(file).Select((text, index) => (Text: CodeOf(text), Number: index + 1))
            from call in Forbidden
            where call.Pattern.IsMatch(line.Text) && !IsAllowed(project, file, call.Name)
            select $"{Relative(file)}:{line.Number} uses {call.Name}";
        Assert.Equal([], wrong);
    }

    [Theory]
    [InlineData("await Task.Run(() => 1);", "Task.Run")]
    [InlineData("var thread = new Thread(Loop);", "new Thread")]
    [InlineData("await x.ConfigureAwait(false);", "ConfigureAwait")]
    [InlineData("using var timer = new PeriodicTimer(span);", "new Timer")]
    [InlineData("var x = ReadAsync(a, b).Result;", ".Result")]
    [InlineData("var x = task.Result;", ".Result")]
    [InlineData("task.Wait();", ".Wait()")]
    [InlineData("x.GetAwaiter().GetResult();", "GetAwaiter().GetResult()")]
    public void A_forbidden_call_is_found(string line, string call) =>
        Assert.Equal([call], Forbidden.Where(f => f.Pattern.IsMatch(CodeOf(line))).Select(f => f.Name));

    [Theory]
    [InlineData("// never Task.Run here")]
    [InlineData("/// <summary>No new Thread( and no timer.</summary>")]
    [InlineData("return reply.Result;")]
    public void Comments_and_other_results_are_not(string line) =>
        Assert.DoesNotContain(Forbidden, f => f.Pattern.IsMatch(CodeOf(line)));

    private static bool IsAllowed(SourceProject project, string file, string call) =>
        Allowed.ContainsKey((project.Name, "*", call)) || Allowed.ContainsKey((project.Name, Path.GetFileName(file), call));

    private static string CodeOf(string line)
    {
        var comment = line.IndexOf("//", StringComparison.Ordinal);
        return comment < 0 ? line : line[..comment];
    }

    private static string Relative(string file) => Path.GetRelativePath(Repository.Root, file);

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
