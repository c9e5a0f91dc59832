using System.Text.Json;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;

namespace FlexFs.Admin.Database;

/// <summary>The database on disk: one JSON file, 0600, replaced whole and fsynced at each change.</summary>
/// <remarks>
/// 1. <see cref="Current"/> is on disk: a change is seen by nobody before it is durable, and one that cannot be written
///    leaves everything as it was.
/// 2. One process at a time has the folder open (<see cref="FolderLock"/>).
/// Any thread may call; changes run one after another under the lock.
/// </remarks>
public sealed class FreeDatabaseFile : IDisposable
{
    private const int BytesMax = 1 << 20;

    private readonly Lock _lock = new();
    private readonly FolderLock _owner;
    private volatile FreeDatabase? _current;

    private FreeDatabaseFile(string path, FolderLock owner, FreeDatabase? current)
    {
        Path = path;
        _owner = owner;
        _current = current;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What is on disk; null before the volume is described.</summary>
    public FreeDatabase? Current => _current;

    /// <summary>Opens the folder, making it when it is missing.</summary>
    /// <exception cref="CommandException">In use, unreadable, damaged, or of another version.</exception>
    public static FreeDatabaseFile Open(string folder)
    {
        FolderLock owner;
        try
        {
            owner = FolderLock.Take(folder, "free.flexfs");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CommandException($"cannot use the database folder {folder}: {e.Message}", cause: e);
        }
        try
        {
            string path = System.IO.Path.Combine(folder, "volume.json");
            return new FreeDatabaseFile(path, owner, File.Exists(path) ? Read(path) : null);
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    /// <summary>Makes a change durable, then visible.</summary>
    /// <param name="change">From what is there (null at first) to what is to be there; the same object changes nothing.</param>
    /// <exception cref="IOException">It could not be written; nothing has changed.</exception>
    public void Update(Func<FreeDatabase?, FreeDatabase> change)
    {
        lock (_lock)
        {
            FreeDatabase next = change(_current);
            if (ReferenceEquals(next, _current)) return;
            AtomicFile.Write(Path, JsonSerializer.SerializeToUtf8Bytes(next, DatabaseJson.Default.FreeDatabase));
            _current = next;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _owner.Dispose();

    private static FreeDatabase Read(string path)
    {
        byte[] bytes = PrivateFile.Read(path, "volume settings", BytesMax);
        try
        {
            // The version is looked at first: of another one, nothing else can be expected to be understood.
            using JsonDocument document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind == JsonValueKind.Object &&
                document.RootElement.TryGetProperty("version", out JsonElement element) &&
                element.TryGetInt32(out int version) && version != FreeDatabase.CurrentVersion)
                throw new CommandException(
                    $"{path} has format version {version}, this free.flexfs reads version {FreeDatabase.CurrentVersion}: " +
                    "use the free.flexfs that wrote it");
            FreeDatabase? database = JsonSerializer.Deserialize(bytes, DatabaseJson.Default.FreeDatabase);
            return database is not null && !database.VolumeTokens.Contains(null!) ? database : throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CommandException(
                $"{path} is damaged ({(e is JsonException { LineNumber: { } line } ? $"line {line + 1}" : "not what it should be")}): " +
                "restore it from a backup, or remove it and run free.flexfs init volume with the volume's --id", cause: e);
        }
    }
}
