using System.Reflection;
using FlexFs.Fuzz;
using FlexFs.Wire;

namespace FlexFs.Formats.Tests;

/// <summary>A file per record and version, and no version of a file ever becomes unreadable by accident.</summary>
public class RecordGoldenTests
{
    public static TheoryData<string> Records =>
        [.. FormatPage.Lasting.Select(type => type.FullName!)];

    [Theory]
    [MemberData(nameof(Records))]
    public void Record_is_written_as_it_was_when_its_version_was_made(string name) => Call(nameof(Verify), name);

    [Theory]
    [MemberData(nameof(Records))]
    public void Record_reads_its_older_versions(string name) => Call(nameof(ReadAll), name);

    private static void Verify<T>()
        where T : IWireRecord<T> => Golden.Verify(NameOf<T>(), WireCodec.ToBytes(RecordSampler.Full<T>()));

    private static void ReadAll<T>()
        where T : IWireRecord<T>
    {
        // Tests run in any order, and a new record's first file may still be missing.
        if (Golden.IsUpdating) Verify<T>();
        var folder = Path.Combine(Golden.Folder, FolderOf(typeof(T)));
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, $"{typeof(T).Name}.v*.golden") : [];
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var bytes = Golden.Read(file);
            var ok = WireCodec.TryRead<T>(bytes, out _, out var error);
            var isDropped = bytes[0] < WireCodec.SchemaOf<T>().Oldest;
            Assert.True(ok || (isDropped && error.Kind == WireErrorKind.UnknownVersion), $"{Path.GetFileName(file)}: {error}");
        }
    }

    /// <summary>Record and version, and versions of records within that are no longer the first: they are in the bytes, too.</summary>
    private static string NameOf<T>()
        where T : IWireRecord<T>
    {
        var inner = new SortedDictionary<string, byte>(StringComparer.Ordinal);
        Collect(typeof(T), inner);
        inner.Remove(typeof(T).Name);
        var suffix = string.Concat(inner.Where(pair => pair.Value > 1).Select(pair => $".{pair.Key}{pair.Value}"));
        return $"{FolderOf(typeof(T))}/{typeof(T).Name}.v{WireCodec.VersionOf<T>()}{suffix}";
    }

    private static void Collect(Type type, SortedDictionary<string, byte> versions)
    {
        if (RecordSampler.IsRecord(type) && versions.TryAdd(type.Name, type.GetCustomAttribute<WireRecordAttribute>()!.Version))
        {
            foreach (var field in RecordSampler.FieldsOf(type)) Collect(field.PropertyType, versions);
        }

        foreach (var argument in type.GetGenericArguments()) Collect(argument, versions);
    }

    private static string FolderOf(Type type) => type.Namespace!["FlexFs.".Length..];

    private static void Call(string method, string record)
    {
        var type = FormatPage.Assemblies.Select(a => a.GetType(record)).First(t => t is not null)!;
        typeof(RecordGoldenTests).GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(type)
            .CreateDelegate<Action>()();
    }
}
