using System.Text.Json;
using FlexFs.Core;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;
using FlexFs.Hosting.Http;
using FlexFs.MetadataService.Volumes;
using FlexFs.Protocol.Settings;
using Microsoft.Extensions.Logging;

namespace FlexFs.Apps.Meta;

/// <summary>The volumes of this server and their tokens, as the administration server says, and as it said last.</summary>
/// <remarks>
/// The last answer is kept in a file, so that mounts come and go while the administration server is down. It holds hashes of
/// tokens, never tokens. The table is replaced whole; any thread reads it.
/// </remarks>
internal sealed partial class ServedVolumes(AdminClient admin, MetaIdentity identity, DatabaseFolders folders, ILogger log)
    : IVolumeDirectory
{
    private const int FileBytesMax = 64 << 20;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private long _version;
    private volatile MetaVolumes _current = new() { Volumes = [] };

    /// <summary>All of them.</summary>
    public IReadOnlyList<MetaVolume> All => _current.Volumes;

    /// <summary>The settings of one; null when it is not served here any more.</summary>
    public VolumeSettings? SettingsOf(VolumeId volume) =>
        _current.Volumes.FirstOrDefault(v => v.Settings.Id == volume.Value)?.Settings;

    /// <inheritdoc/>
    public VolumeGrant Find(string volume, string token)
    {
        var served = _current.Volumes.FirstOrDefault(v =>
            string.Equals(v.Settings.Name, volume, StringComparison.Ordinal)
            || (Guid.TryParse(volume, out var id) && id == v.Settings.Id));
        var grant = served?.Tokens.FirstOrDefault(t => TokenHash.Matches(token, t.Hash));
        if (served is null || grant is null)
        {
            // One answer for both, so that nobody can ask which volumes there are.
            return VolumeGrant.No("the volume is not served here, or the token is not one of it (any more): "
                + "look at the volume's settings, then run mount.flexfs init creds --force");
        }

        return Grant(served, grant);
    }

    /// <inheritdoc/>
    public VolumeGrant Look(VolumeId volume, string grant)
    {
        var served = _current.Volumes.FirstOrDefault(v => v.Settings.Id == volume.Value);
        return served?.Tokens.FirstOrDefault(t => t.Hash == grant) is { } found
            ? Grant(served, found)
            : VolumeGrant.No("the token was revoked, or the volume is not served here any more");
    }

    /// <inheritdoc/>
    public long Version => Interlocked.Read(ref _version);

    private static VolumeGrant Grant(MetaVolume served, VolumeTokenGrant grant) => grant.MountPath.Length > 0
        ? VolumeGrant.No("the token is for a folder of the volume, which this version does not serve")
        : VolumeGrant.Yes(
            Describe(served.Settings), grant.Flags.Contains("ro") || served.Settings.Flags.Contains("ro"), grant.Hash);

    /// <summary>What the service needs to know of a volume.</summary>
    public static VolumeDescription Describe(VolumeSettings settings) => new(
        new VolumeId(settings.Id), settings.Name, (byte)int.Log2(settings.BlockSize),
        settings.Retention < 0 ? TimeSpan.MaxValue : TimeSpan.FromSeconds(settings.Retention));

    /// <summary>Asks for the volumes; from the file when the administration server is away.</summary>
    /// <exception cref="AdminClientException">It is away and there is no file, or it refuses this server.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        try
        {
            await RefreshAsync(cancel);
        }
        catch (AdminClientException away) when (away.IsTransient && File.Exists(folders.Settings))
        {
            _current = Load();
            LogAway(log, away.Message);
        }

        if (_current.Volumes.Count == 0) LogNone(log);
    }

    /// <summary>Keeps asking until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var isAway = false;
        while (true)
        {
            try
            {
                await Task.Delay(Interval, cancel);
                await RefreshAsync(cancel);
                if (isAway) LogBack(log);
                isAway = false;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is AdminClientException or IOException or UnauthorizedAccessException)
            {
                if (!isAway) LogAway(log, e.Message);
                isAway = true;
            }
        }
    }

    private async Task RefreshAsync(CancellationToken cancel)
    {
        await admin.PutMetaIdentityAsync(identity, cancel);
        var found = await admin.GetMetaVolumesAsync(cancel);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(found, SettingsJson.Default.MetaVolumes);
        var before = JsonSerializer.SerializeToUtf8Bytes(_current, SettingsJson.Default.MetaVolumes);
        _current = found;
        if (bytes.AsSpan().SequenceEqual(before)) return;
        Interlocked.Increment(ref _version);
        AtomicFile.Write(folders.Settings, bytes);
    }

    private MetaVolumes Load()
    {
        try
        {
            var bytes = PrivateFile.Read(folders.Settings, "settings", FileBytesMax);
            return JsonSerializer.Deserialize(bytes, SettingsJson.Default.MetaVolumes) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new CommandException(
                $"{folders.Settings} is damaged ({e.Message}) and the administration server is away: start that, or remove the file",
                cause: e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "going on with the last known volumes and tokens: {Reason}")]
    private static partial void LogAway(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "the administration server is back")]
    private static partial void LogBack(ILogger log);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the administration server has no volume for this metadata server yet")]
    private static partial void LogNone(ILogger log);
}
