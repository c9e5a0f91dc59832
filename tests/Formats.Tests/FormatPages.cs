using System.Reflection;
using System.Text;
using FlexFs.Fuzz;
using FlexFs.Wire;

namespace FlexFs.Formats.Tests;

/// <summary>A page of docs/formats.</summary>
/// <param name="File">Without its extension.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Assembly">Whose records are on it,</param>
/// <param name="Namespace">as far as they are in this namespace.</param>
public sealed record FormatPage(string File, string Title, Assembly Assembly, string Namespace)
{
    private const string Preface = """
        Written from the declarations in the code by `tests/Formats.Tests`: change those and run its tests with
        `FLEXFS_GOLDEN_UPDATE=1`.

        A record is one byte of version and its fields in the order below. Integers (`u8` to `u128` unsigned, `i8` to `i64`
        signed) are little-endian; `bool` is a byte, 0 or 1; `uuid` is 16 bytes in the order in which it is written; `bytes`,
        `utf8` and arrays begin with a length or count of 32 bits; `optional` begins with a byte, 1 when a value follows and 0
        when not; a record within a record begins with its own version. A field with a later "Since" is absent from older data.
        """;

    /// <summary>The pages. A new family of records is a line here.</summary>
    public static IReadOnlyList<FormatPage> All { get; } =
    [
        new("protocol-metadata", "Requests and replies: metadata", typeof(Protocol.Metadata.Extent).Assembly, "FlexFs.Protocol.Metadata"),
        new("protocol-sessions", "Requests and replies: sessions", typeof(Protocol.Metadata.Extent).Assembly, "FlexFs.Protocol.Sessions"),
        new("rpc", "Frames and the start of a connection", typeof(Rpc.FrameHeader).Assembly, "FlexFs.Rpc"),
        new("metadata-records", "Stored records of the metadata", typeof(Metadata.Records.EntryRecord).Assembly, "FlexFs.Metadata.Records"),
        new("object-format", "Objects: the header and its frame index", typeof(Blocks.Format.ObjectHeader).Assembly, "FlexFs.Blocks.Format"),
        new("object-store", "Objects that a store has besides", typeof(Objects.OwnerRecord).Assembly, "FlexFs.Objects"),
    ];

    /// <summary>All assemblies whose records have pages and golden files.</summary>
    public static IReadOnlyList<Assembly> Assemblies => [.. All.Select(page => page.Assembly).Distinct()];

    /// <summary>The records of these assemblies that outlive a process or leave it; others may change with every build.</summary>
    public static IEnumerable<Type> Lasting =>
        Assemblies.SelectMany(RecordSampler.RecordsIn).Where(type => type.Namespace != "FlexFs.Metadata.Operations.Internal");

    /// <summary>The records on the page, by name.</summary>
    public IReadOnlyList<Type> Records =>
        [.. RecordSampler.RecordsIn(Assembly).Where(type => type.Namespace == Namespace)];

    /// <summary>The page's text.</summary>
    public string Markdown()
    {
        var text = new StringBuilder($"# {Title}\n\n{Preface}\n");
        foreach (var record in Records) text.Append('\n').Append(FormatTable.Of(SchemaOf(record)));
        return text.ToString();
    }

    private static WireSchema SchemaOf(Type record) =>
        (WireSchema)record.GetProperty("Schema", BindingFlags.Static | BindingFlags.Public)!.GetValue(null)!;
}
