using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FlexFs.Core;
using FlexFs.Metadata.RocksDb;
using FlexFs.Metadata.Storage;
using FlexFs.MetadataService.Tests.Peers;
using FlexFs.MetadataService.Volumes;
using FlexFs.Rpc.Transports;

namespace FlexFs.MetadataService.Tests;

/// <summary>This executable again, as the process that a crash test kills: a service with RocksDB behind a TCP port.</summary>
public sealed class ChildService : IVolumeDirectory, IVolumeStores
{
    private const string FolderVariable = "FLEXFS_TEST_SERVICE_FOLDER";
    private const string PortVariable = "FLEXFS_TEST_SERVICE_PORT";
    private static readonly VolumeDescription Volume = new(
        new VolumeId(new Guid("0b9a9d54-0000-4000-8000-000000000002")), TestService.VolumeName,
        Limits.BlockSizeLog2Default, TimeSpan.Zero);

    private RocksDbEnvironment? _environment;
    private string _folder = "";

    /// <summary>Starts the child. The caller kills and disposes it.</summary>
    internal static Process Start(string folder, int port)
    {
        var start = new ProcessStartInfo(Path.ChangeExtension(typeof(ChildService).Assembly.Location, null))
        {
            RedirectStandardOutput = true,
        };
        foreach (var argument in (string[])["-method", $"{typeof(ChildService).FullName}.{nameof(Child)}", "-explicit", "only"])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[FolderVariable] = folder;
        start.Environment[PortVariable] = $"{port}";
        return Process.Start(start)!;
    }

    /// <summary>What the child runs: a test only in name, so that the runner's own entry point leads here.</summary>
    [Fact(Explicit = true)]
    public async Task Child()
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(folder is null, "only CrashTests start this");
        _folder = folder!;
        using var environment = new RocksDbEnvironment(new RocksDbOptions());
        _environment = environment;
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(
            IPAddress.Loopback, int.Parse(Environment.GetEnvironmentVariable(PortVariable)!, null)));
        listener.Listen();
        ulong keys = (ulong)Stopwatch.GetTimestamp();
        using var server = new MetadataServer(new MetadataServerSetup
        {
            Directory = this,
            Stores = this,
            NewSessionKey = () => Interlocked.Increment(ref keys),
        });
        while (true)
        {
            var socket = await listener.AcceptAsync();
            socket.NoDelay = true;
            _ = server.ServeAsync(new StreamDuplex(new NetworkStream(socket, ownsSocket: true)));
        }
    }

    VolumeGrant IVolumeDirectory.Find(string volume, string token) => VolumeGrant.Yes(Volume, isReadOnly: false, "child");

    VolumeGrant IVolumeDirectory.Look(VolumeId volume, string grant) => VolumeGrant.Yes(Volume, isReadOnly: false, grant);

    long IVolumeDirectory.Version => 0;

    ValueTask<IKeyValueStore> IVolumeStores.OpenAsync(VolumeId volume, CancellationToken cancellationToken) =>
        new(RocksDbStore.Open(_environment!, _folder));
}
