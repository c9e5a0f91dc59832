using System.Xml.Linq;

namespace FlexFs.Architecture.Tests;

/// <summary>A project below src/: where it is and what it refers to.</summary>
/// <param name="Name">Of its folder.</param>
/// <param name="Layer">apps, roles, mechanisms or vocabulary.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="References">Names of the projects it refers to.</param>
public sealed record SourceProject(string Name, string Layer, string Folder, IReadOnlyList<string> References)
{
    /// <summary>The layers, top first.</summary>
    public static IReadOnlyList<string> Layers { get; } = ["apps", "roles", "mechanisms", "vocabulary"];

    /// <summary>All projects below src/.</summary>
    public static IReadOnlyList<SourceProject> All { get; } =
    [
        .. Files("src", "*.csproj").Select(Read).OrderBy(project => project.Name, StringComparer.Ordinal),
    ];

    /// <summary>The C# files of the project.</summary>
    public IEnumerable<string> Sources => Files(Path.GetRelativePath(Repository.Root, Folder), "*.cs");

    /// <summary>A project by name.</summary>
    public static SourceProject Of(string name) => All.Single(project => project.Name == name);

    /// <summary>Files below a folder of the repository, except what a build made.</summary>
    public static IEnumerable<string> Files(string folder, string pattern)
    {
        var path = Repository.At(folder);
        return Directory.Exists(path)
            ? Directory.EnumerateFiles(path, pattern, SearchOption.AllDirectories)
                .Where(file => !Path.GetRelativePath(path, file).Split('/').Any(part => part is "obj" or "bin"))
                .Order(StringComparer.Ordinal)
            : [];
    }

    private static SourceProject Read(string file)
    {
        var layer = Path.GetRelativePath(Repository.At("src"), file).Split('/')[0];
        var references = XDocument.Load(file).Descendants("ProjectReference")
            .Select(element => Path.GetFileNameWithoutExtension(element.Attribute("Include")!.Value.Replace('\\', '/')))
            .ToArray();
        return new SourceProject(Path.GetFileNameWithoutExtension(file), layer, Path.GetDirectoryName(file)!, references);
    }
}
