using FlexFs.Client;
using FlexFs.Core;
using FlexFs.Fuse;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Credentials;
using FlexFs.Hosting.Files;
using FlexFs.Hosting.Http;
using FlexFs.Hosting.Net;
using FlexFs.Hosting.Tls;
using FlexFs.Mount.Bridge;
using FlexFs.Mount.Native;
using FlexFs.Mount.State;
using FlexFs.Mount.Storage;
using FlexFs.Protocol.Settings;
using Microsoft.Extensions.Logging;

namespace FlexFs.Mount;

/// <summary>One mount from beginning to end: settings from the administration server, a session, the kernel.</summary>
/// <remarks>
/// Nothing is visible before everything works: the mount appears when its session is open. It ends when somebody unmounts it or a signal
/// asks for it; either way what is dirty is stored before the process goes.
/// </remarks>
public sealed class MountHost : IAsyncDisposable
{
    private const int HandleCapacity = 65536;
    private const int RequestCapacity = 16384;
    private const int ReadAheadBytes = 16 << 20;
    private static readonly TimeSpan BusyPatience = TimeSpan.FromSeconds(2);
    private readonly ILogger _log;
    private readonly FolderLock _lock;
    private readonly StateRegion _region;
    private readonly VolumeParts _parts;
    private readonly FileSystem _fileSystem;
    private readonly KernelCaches _kernel;
    private readonly SlowOperations _slow;
    private readonly FuseMount _mount;

    private MountHost(
        ILogger log, FolderLock folderLock, StateRegion region, VolumeParts parts, FileSystem fileSystem, KernelCaches kernel,
        SlowOperations slow, FuseMount mount)
    {
        _log = log;
        _lock = folderLock;
        _region = region;
        _parts = parts;
        _fileSystem = fileSystem;
        _kernel = kernel;
        _slow = slow;
        _mount = mount;
    }

    /// <summary>Mounts. When this returns the mount can be used.</summary>
    /// <exception cref="CommandException">It cannot be mounted: why, in one line.</exception>
    public static async Task<MountHost> StartAsync(MountSettings settings, ILoggerFactory logs, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var log = logs.CreateLogger("mount");
        settings.CheckMountPoint();
        WarnOfRequestTimeout(log);
        var credentials = CredentialsFile.Load<MountCredentials>(
            settings.CredentialsPath, $"mount.flexfs init creds {settings.Volume}");
        var volume = await SettingsOfAsync(settings, credentials, cancel);
        settings = WithFlags(settings, volume.Flags).Completed();

        // One process a mount point: a second one would hide the first.
        var undo = new Stack<IAsyncDisposable>();
        try
        {
            var folderLock = FolderLock.Take(LockFolder(settings), $"mount.flexfs at {settings.MountPoint}");
            undo.Push(new Undo(folderLock));
            var budget = MountBudget.Of(settings, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, volume.BlockSize);
            var region = StateRegion.Create(new RegionLayout(
                HandleCapacity, RequestCapacity, (int)Math.Min(budget.DirtyBytes / RegionLayout.ChunkBytes, int.MaxValue)));
            undo.Push(new Undo(region));
            var parts = VolumeParts.Open(volume, budget, new DirtyChunks(region), new RescueFolder(settings, log), logs);
            undo.Push(parts);
            var waits = SlowOperations.WaitsFor(settings.SlowLog, TimeProvider.System);
            var fileSystem = await ConnectAsync(settings, credentials, volume, parts.ForClient() with { Waits = waits }, cancel);
            undo.Push(fileSystem);
            await parts.CheckOwnerAsync(cancel);
            Remember(region, fileSystem);
            var kernel = new KernelCaches(fileSystem, settings, TimeProvider.System);
            undo.Push(new Undo(kernel));
            fileSystem.KernelCaches = kernel;
            fileSystem.OnFenced = kernel.DropAll;
            var slow = new SlowOperations(fileSystem, waits, log, TimeProvider.System);
            var mount = MountAt(settings, region, fileSystem, kernel, slow, log);
            MountLog.Mounted(log, volume.Name, settings.MountPoint, volume.MetaAddr, volume.BlockStore.ToString());
            return new MountHost(log, folderLock, region, parts, fileSystem, kernel, slow, mount);
        }
        catch
        {
            while (undo.TryPop(out var step)) await step.DisposeAsync();
            throw;
        }
    }

    /// <summary>Serves until the mount is unmounted, or unmounts it when <paramref name="stop"/> says so.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var guard = new LapseGuard(_fileSystem, _kernel, _slow, TimeProvider.System);
        var guarding = guard.RunAsync(_mount.Completion);
        try
        {
            await _mount.Completion.WaitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            await UnmountAsync();
            await _mount.Completion;
        }

        await guarding;
        MountLog.Unmounted(_log, _mount.MountPoint);
    }

    /// <summary>Stores what is dirty and ends the session.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_mount.Completion.IsCompleted) await UnmountAsync();
        await _mount.DisposeAsync();
        var errno = await _fileSystem.UnmountAsync();
        if (errno == Errno.OK) MountLog.Ended(_log);
        else MountLog.LeftBehind(_log, errno);
        await _parts.DisposeAsync();
        _kernel.Dispose();
        _region.Dispose();
        _lock.Dispose();
    }

    private async Task UnmountAsync()
    {
        var deadline = DateTime.UtcNow + BusyPatience;
        while (_mount.Unmount() == Errno.EBUSY)
        {
            if (DateTime.UtcNow >= deadline)
            {
                MountLog.Busy(_log, _mount.MountPoint);
                _ = _mount.Detach();
                return;
            }

            await Task.Delay(50);
        }
    }

    private static async Task<VolumeSettings> SettingsOfAsync(
        MountSettings settings, MountCredentials credentials, CancellationToken cancel)
    {
        if (!HostPort.TryParse(credentials.AdminAddr, out var address))
        {
            throw new CommandException($"{settings.CredentialsPath}: adminAddr is not valid: {HostPort.Rule}");
        }

        using AdminClient admin = new(new AdminClientSettings
        {
            Address = address,
            Token = credentials.Token,
            Trust = settings.AdminSsl ? ServerTrust.FromSetting(credentials.Fingerprint) : null,
        });
        return await admin.GetVolumeAsync(settings.Volume, cancel);
    }

    // What the volume says holds for every mount, and can only take away.
    private static MountSettings WithFlags(MountSettings settings, IReadOnlyList<string> flags) => settings with
    {
        IsReadOnly = settings.IsReadOnly || flags.Contains("ro"),
        NoExec = settings.NoExec || flags.Contains("noExec"),
        NoSetUid = settings.NoSetUid || flags.Contains("noSUID"),
        WithXattrs = settings.WithXattrs || flags.Contains("xAttr"),
        WithAcls = settings.WithAcls || flags.Contains("acl"),
        NoAccessTimes = settings.NoAccessTimes || flags.Contains("noATime"),
        SquashesRoot = settings.SquashesRoot || flags.Contains("rootSquash"),
    };

    private static async Task<FileSystem> ConnectAsync(
        MountSettings settings, MountCredentials credentials, VolumeSettings volume, FileSystemParts parts, CancellationToken cancel)
    {
        var options = new FileSystemOptions
        {
            Volume = volume.Name,
            Server = volume.MetaAddr,
            Token = credentials.Token,
            ClientName = $"{Environment.MachineName}:{settings.MountPoint}[{Environment.ProcessId}]",
            ClientVersion = ProductVersion.Text,
            IsReadOnly = settings.IsReadOnly,
            NoAccessTimes = settings.NoAccessTimes,
            UseLeases = true,
        };
        try
        {
            return await FileSystem.ConnectAsync(options, parts, cancel);
        }
        catch (FileSystemConnectException e)
        {
            throw new CommandException($"the metadata server {volume.MetaAddr}: {e.Message}", cause: e);
        }
    }

    private static FuseMount MountAt(
        MountSettings settings, StateRegion region, FileSystem fileSystem, KernelCaches kernel, SlowOperations slow, ILogger log)
    {
        var context = new BridgeContext(
            fileSystem,
            kernel,
            new RequestTable(region),
            new HandleTable(region),
            new ChangeCount(),
            new Ownership(
                settings.SquashesRoot ? settings.SquashUserId : null,
                settings.SquashesRoot ? settings.SquashGroupId : null,
                settings.Umask),
            TimeProvider.System);
        var options = new FuseMountOptions
        {
            Source = settings.Volume,
            Subtype = "flexfs",
            ReadOnly = settings.IsReadOnly,
            NoSuid = settings.NoSetUid,
            NoDev = settings.NoDevices,
            NoExec = settings.NoExec,
            ReadAheadBytes = ReadAheadBytes,
            Fuse = new FuseOptions
            {
                Capabilities = FuseCapabilities.Default | FuseCapabilities.HandleKillprivV2 | FuseCapabilities.DontMask
                    | (settings.WithAcls ? FuseCapabilities.PosixAcl : FuseCapabilities.None)
                    | FuseCapabilities.ExplicitInvalData | FuseCapabilities.AtomicOTrunc | FuseCapabilities.DoReaddirplus
                    | FuseCapabilities.ReaddirplusAuto | FuseCapabilities.CacheSymlinks
                    | FuseCapabilities.PosixLocks | FuseCapabilities.FlockLocks | FuseCapabilities.ExportSupport,
                MaxRequestBytes = settings.LargeRequests ? 1 << 20 : 128 << 10,
                SlowAfter = settings.SlowLog,
                OnSlow = slow.Tell,
                IsDying = CallerState.IsDying,
                OnFault = fault => MountLog.Fault(log, fault.Opcode.ToString(), fault.What, fault.Exception),
            },
        };
        IFuseFileSystem bridge = new FlexFuse(context, settings.WithXattrs, settings.WithAcls);
        if (settings.SquashesRoot)
        {
            var access = new SquashedAccess(fileSystem, settings.SquashUserId, settings.SquashGroupId);
            bridge = new SquashedFuse(bridge, context, access);
        }

        var mounted = FuseMount.Mount(settings.MountPoint, bridge, options);
        if (!mounted.TryGet(out var mount)) throw new CommandException(mounted.Reason);
        ref var header = ref region.Header;
        header.KernelMinor = mount.Connection.Negotiation.Minor;
        header.MaxWrite = mount.Connection.Negotiation.MaxWriteBytes;
        header.KernelFlags = (ulong)mount.Connection.Negotiation.Capabilities;
        RememberDevices(ref header, mount.Connection);
        return mount;
    }

    private static unsafe void RememberDevices(ref RegionHeader header, FuseConnection connection)
    {
        for (var i = 0; i < Math.Min(connection.Devices.Count, RegionHeader.DeviceDescriptorsMax); i++)
        {
            header.DeviceDescriptors[i] = (int)connection.Devices[i].DangerousGetHandle();
        }
    }

    private static void Remember(StateRegion region, FileSystem fileSystem)
    {
        ref var header = ref region.Header;
        header.Session = fileSystem.Session.Session.Value;
        header.SessionKeyLow = (ulong)fileSystem.Session.SessionKey;
        header.SessionKeyHigh = (ulong)(fileSystem.Session.SessionKey >> 64);
        header.Incarnation = fileSystem.Incarnation;
    }

    private static string LockFolder(MountSettings settings) =>
        Path.Combine(settings.StateFolder, "run", Convert.ToHexStringLower(
            System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(settings.MountPoint)))[..16]);

    private static void WarnOfRequestTimeout(ILogger log)
    {
        const string Setting = "/proc/sys/fs/fuse/default_request_timeout";
        if (!File.Exists(Setting)) return;
        var seconds = File.ReadAllText(Setting).Trim();
        if (seconds != "0") MountLog.RequestTimeout(log, seconds);
    }

    private sealed class Undo(IDisposable what) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            what.Dispose();
            return default;
        }
    }
}
