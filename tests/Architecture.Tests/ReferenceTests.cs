using System.Xml.Linq;

namespace FlexFs.Architecture.Tests;

/// <summary>Arrows point down: apps, roles, mechanisms, vocabulary.</summary>
public class ReferenceTests
{
    /// <summary>Arrows within a layer, with the reason; everything else goes down.</summary>
    private static readonly Dictionary<(string From, string To), string> WithinLayer = new()
    {
        [("Wire", "Core")] = "records hold ids",
        [("Protocol", "Core")] = "messages hold ids",
        [("Protocol", "Wire")] = "messages are records",
        [("Protocol", "Wire.Generator")] = "at build time",
        [("Hosting", "Core")] = "settings hold ids and limits",
        [("Hosting", "Protocol")] = "settings name what is served",
        [("Metadata.RocksDb", "Metadata")] = "implements its storage",
        [("Metadata.Postgres", "Metadata")] = "implements its storage",
        [("Blocks", "Objects")] = "blocks are kept in an object store",
        [("Mount", "Client")] = "a mount is Fuse joined to Client",
    };

    /// <summary>What a project may use at most, where that is less than the layers below it.</summary>
    private static readonly Dictionary<string, string[]> AtMost = new()
    {
        ["Core"] = [],
        ["Fuse"] = ["Core"],
        ["Metadata"] = ["Core", "Wire", "Wire.Generator", "Protocol"],
        ["Client"] = ["Core", "Wire", "Wire.Generator", "Protocol", "Hosting", "Rpc", "Blocks", "Objects"],
        ["Mount"] = ["Core", "Wire", "Wire.Generator", "Protocol", "Hosting", "Fuse", "Client", "Blocks", "Objects", "Rpc"],
    };

    [Fact]
    public void Every_project_is_in_a_layer() => Assert.Equal(
        [],
        SourceProject.All.Where(project => !SourceProject.Layers.Contains(project.Layer)).Select(project => project.Name));

    [Fact]
    public void References_point_down()
    {
        var wrong =
            from project in SourceProject.All
            from name in project.References
            let target = SourceProject.Of(name)
            where Height(project) <= Height(target) && !WithinLayer.ContainsKey((project.Name, name))
            select $"{project.Layer}/{project.Name} refers to {target.Layer}/{name}";
        Assert.Equal([], wrong);
    }

    [Fact]
    public void Projects_that_must_stay_apart_do()
    {
        var wrong =
            from project in SourceProject.All
            where AtMost.ContainsKey(project.Name)
            from name in Reachable(project)
            where !AtMost[project.Name].Contains(name)
            select $"{project.Name} reaches {name}";
        Assert.Equal([], wrong);
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var listed = XDocument.Load(Repository.At("FlexFs.slnx")).Descendants("Project")
            .Select(element => element.Attribute("Path")!.Value)
            .ToHashSet();
        var found = new[] { "src", "tests", "bench" }.SelectMany(folder => SourceProject.Files(folder, "*.csproj"))
            .Select(file => Path.GetRelativePath(Repository.Root, file));
        Assert.Equal([], found.Where(path => !listed.Contains(path)));
        Assert.Equal([], listed.Where(path => !File.Exists(Repository.At(path))));
    }

    [Fact]
    public void A_project_is_named_like_its_folder() => Assert.Equal(
        [],
        SourceProject.All.Where(project => Path.GetFileName(project.Folder) != project.Name).Select(project => project.Name));

    private static int Height(SourceProject project) => -SourceProject.Layers.ToList().IndexOf(project.Layer);

    private static HashSet<string> Reachable(SourceProject project)
    {
        var found = new HashSet<string>();
        var next = new Stack<string>(project.References);
        while (next.TryPop(out var name))
        {
            if (!found.Add(name)) continue;
            foreach (var reference in SourceProject.Of(name).References) next.Push(reference);
        }

        return found;
    }
}
