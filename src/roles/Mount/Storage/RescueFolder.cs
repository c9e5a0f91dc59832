using System.Globalization;
using System.Text.Json;
using FlexFs.Client;
using FlexFs.Core;
using FlexFs.Hosting.Files;
using FlexFs.Protocol.Metadata;
using Microsoft.Extensions.Logging;

namespace FlexFs.Mount.Storage;

/// <summary>
/// Keeps what a mount had not stored when its session was ended by the server: <c>~/.flexfs/mount/rescue/VOLUME/TIME-SESSION/</c>.
/// </summary>
/// <remarks>
/// A file <c>INODE</c> for each file, with its pieces one behind the other, and <c>manifest.json</c>, written last, that says where each
/// belongs. Folders are 0700, files 0600: the bytes are of everybody who wrote through the mount. At most <see cref="BytesMax"/> are
/// kept for a volume, those of earlier sessions included; what is above is named in the manifest without its bytes.
/// </remarks>
internal sealed class RescueFolder : IRescue
{
    internal const string Manifest = "manifest.json";
    private readonly string _folder;
    private readonly string _volume;
    private readonly string _mountPoint;
    private readonly ILogger _log;

    internal RescueFolder(MountSettings settings, ILogger log)
    {
        _volume = settings.Volume;
        _mountPoint = settings.MountPoint;
        _folder = Path.Combine(settings.StateFolder, "rescue", settings.Volume);
        _log = log;
    }

    /// <summary>Bytes that are kept for one volume.</summary>
    internal long BytesMax { get; init; } = 4L << 30;

    /// <inheritdoc/>
    public async ValueTask SaveAsync(RescuedSession lost)
    {
        var left = BytesMax - BytesKept();
        var at = DateTimeOffset.FromUnixTimeSeconds(lost.EndedAt.Seconds);
        var folder = Path.Combine(
            _folder, string.Create(CultureInfo.InvariantCulture, $"{at:yyyyMMdd'T'HHmmss'Z'}-{lost.Session.Value}"));
        AtomicFile.CreatePrivateFolder(folder);
        var missing = 0L;
        var saved = new bool[lost.Files.Count];
        var why = $"{_folder} may have {BytesMax} bytes, remove what is not needed";
        for (var i = 0; i < saved.Length; i++)
        {
            var bytes = lost.Files[i].Pieces.Sum(piece => (long)piece.Bytes.Length);
            if (bytes == 0) continue;
            try
            {
                if (bytes <= left) saved[i] = await WriteAsync(folder, lost.Files[i]);
            }
            catch (IOException e)
            {
                why = e.Message;
                File.Delete(Path.Combine(folder, NameOf(lost.Files[i])));
            }

            if (saved[i]) left -= bytes;
            else missing += bytes;
        }

        await WriteManifestAsync(folder, lost, at, saved);
        var all = lost.Files.Sum(file => file.Pieces.Sum(piece => (long)piece.Bytes.Length));
        MountLog.Rescued(_log, all - missing, lost.Files.Count, folder, Manifest);
        if (missing > 0) MountLog.NotRescued(_log, missing, why);
    }

    private long BytesKept() => Directory.Exists(_folder)
        ? new DirectoryInfo(_folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length)
        : 0;

    private static async Task<bool> WriteAsync(string folder, RescuedFile file)
    {
        await using var stream = Open(Path.Combine(folder, NameOf(file)));
        foreach (var piece in file.Pieces) await stream.WriteAsync(piece.Bytes);
        stream.Flush(flushToDisk: true);
        return true;
    }

    private async Task WriteManifestAsync(string folder, RescuedSession lost, DateTimeOffset at, bool[] saved)
    {
        await using var stream = Open(Path.Combine(folder, Manifest));
        await using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("volume", _volume);
        json.WriteString("mountPoint", _mountPoint);
        json.WriteNumber("session", lost.Session.Value);
        json.WriteString("endedAt", at);
        json.WriteString("pathOfInode", $"find {_mountPoint} -xdev -inum INODE");
        json.WriteStartArray("files");
        for (var i = 0; i < saved.Length; i++) Write(json, lost.Files[i], saved[i]);
        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync();
        stream.Flush(flushToDisk: true);
    }

    private static void Write(Utf8JsonWriter json, RescuedFile file, bool isSaved)
    {
        json.WriteStartObject();
        json.WriteNumber("inode", file.Inode.Value);
        if (isSaved) json.WriteString("file", NameOf(file));
        Write(json, file.Change);
        json.WriteStartArray("pieces");
        var position = 0L;
        foreach (var piece in file.Pieces)
        {
            json.WriteStartObject();
            json.WriteNumber("offset", piece.FileOffset);
            json.WriteNumber("length", piece.Bytes.Length);
            if (isSaved) json.WriteNumber("at", position);
            json.WriteEndObject();
            position += piece.Bytes.Length;
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, in AttributeChange change)
    {
        if ((change.Mask & AttributeMask.Mode) != 0) json.WriteString("mode", $"0{Convert.ToString(change.Mode & 0xFFF, 8)}");
        if ((change.Mask & AttributeMask.UserId) != 0) json.WriteNumber("uid", change.UserId);
        if ((change.Mask & AttributeMask.GroupId) != 0) json.WriteNumber("gid", change.GroupId);
        if ((change.Mask & AttributeMask.ModifiedAt) != 0) json.WriteString("modifiedAt", TimeOf(change.ModifiedAt));
        if ((change.Mask & AttributeMask.AccessedAt) != 0) json.WriteString("accessedAt", TimeOf(change.AccessedAt));
    }

    private static string TimeOf(Instant at) => DateTimeOffset.UnixEpoch.AddTicks(
        (at.Seconds * TimeSpan.TicksPerSecond) + (at.SubsecondNanoseconds / 100)).ToString("O", CultureInfo.InvariantCulture);

    private static string NameOf(RescuedFile file) => file.Inode.Value.ToString(CultureInfo.InvariantCulture);

    private static FileStream Open(string path) => new(path, new FileStreamOptions
    {
        Mode = System.IO.FileMode.Create,
        Access = FileAccess.Write,
        Share = FileShare.None,
        UnixCreateMode = AtomicFile.Private,
    });
}
