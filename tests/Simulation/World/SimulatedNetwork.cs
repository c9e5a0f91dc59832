using System.Buffers;
using System.IO.Pipelines;
using FlexFs.Rpc;
using FlexFs.Simulation.Runtime;

namespace FlexFs.Simulation.World;

/// <summary>Connections between clients and the server: bytes in order, late, cut anywhere.</summary>
/// <remarks>As TCP: within a connection nothing is reordered, lost in the middle or repeated. It runs as a process of its own.</remarks>
public sealed class SimulatedNetwork(SimulatedWorld world)
{
    private static readonly TimeSpan PartedStep = TimeSpan.FromMilliseconds(100);
    private readonly SimulatedProcess _process = world.NewProcess("network");
    private readonly List<Link> _links = [];
    private readonly List<Partition> _partitions = [];
    private int _connections;

    /// <summary>Longest delay of a piece of bytes; most are far quicker.</summary>
    public TimeSpan DelayMax { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Nothing moves before this.</summary>
    public TimeSpan StalledUntil { get; set; }

    /// <summary>Of a hundred pieces, so many break their connection.</summary>
    public int CutPercent { get; set; }

    /// <summary>Connections that are up.</summary>
    public int Open => _links.Count;

    /// <summary>What is between a client and the server arrives no more for a while, and then all of it.</summary>
    /// <param name="client">Which; null for all of them.</param>
    /// <param name="toServer">Whether that is so on the way to the server.</param>
    /// <param name="toClient">Whether that is so on the way to the client.</param>
    /// <param name="until">When it ends.</param>
    public void Part(SimulatedProcess? client, bool toServer, bool toClient, TimeSpan until) =>
        _partitions.Add(new Partition(client, toServer, toClient, until));

    /// <summary>Everything arrives from now on.</summary>
    public void Heal() => _partitions.Clear();

    /// <summary>How a client reaches the server.</summary>
    public IRpcConnector ConnectorOf(SimulatedProcess client) => new Connector(this, client);

    /// <summary>Cuts a connection by chance, at once or after some more bytes.</summary>
    public void CutOne()
    {
        if (_links.Count == 0) return;
        var link = world.Chance.Of(_links);
        world.Note($"network: connection {link.Number} will be cut");
        link.CutAfter(world.Chance.OneIn(3) ? 0 : world.Chance.Below(400), toServer: world.Chance.OneIn(2));
    }

    /// <summary>A process is gone: its host tells the other ends, or it does not.</summary>
    private void OnKilled(Link link)
    {
        if (world.Chance.OneIn(4)) world.Marks.Reached("network: a dead peer says nothing");
        else _process.Start(() => link.CutLaterAsync());
    }

    private async ValueTask<IDuplexPipe> ConnectAsync(SimulatedProcess client, CancellationToken cancellationToken)
    {
        await world.DelayAsync(_process, DelayMax + Stall());
        while (IsParted(client, toServer: true) || IsParted(client, toServer: false)) await world.DelayAsync(_process, PartedStep, PartedStep);
        cancellationToken.ThrowIfCancellationRequested();
        if (world.Server is not { IsServing: true } server)
        {
            world.Marks.Reached("network: connection refused");
            throw new IOException("connection refused");
        }

        var link = new Link(this, client, server.Process, ++_connections);
        _links.Add(link);
        world.Note($"network: connection {link.Number} from {client.Name} to {server.Process.Name}");
        link.Begin();
        server.Accept(link.Server);
        return link.Client;
    }

    private bool IsParted(SimulatedProcess client, bool toServer)
    {
        _partitions.RemoveAll(partition => partition.Until <= world.Now);
        return _partitions.Exists(partition => (partition.Client is null || partition.Client == client)
            && (toServer ? partition.ToServer : partition.ToClient));
    }

    private TimeSpan Stall() =>
        StalledUntil > world.Loop.Time.Elapsed ? StalledUntil - world.Loop.Time.Elapsed : TimeSpan.Zero;

    private sealed class Connector(SimulatedNetwork network, SimulatedProcess client) : IRpcConnector
    {
        // The world's delays belong to the network; its answer belongs to the client, who may be dead by then.
        public async ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellationToken) =>
            await network._process.RunAsync(() => network.ConnectAsync(client, cancellationToken).AsTask());
    }

    private sealed class Link
    {
        private static readonly PipeOptions Options = new(
            readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline,
            pauseWriterThreshold: 256 << 10, resumeWriterThreshold: 128 << 10, useSynchronizationContext: true);

        private readonly SimulatedNetwork _network;
        private readonly SimulatedProcess _host;
        private readonly Pipe[] _pipes = [new(Options), new(Options), new(Options), new(Options)];
        private readonly long[] _budget = [long.MaxValue, long.MaxValue];
        private bool _isCut;
        private int _pumps = 2;

        public Link(SimulatedNetwork network, SimulatedProcess client, SimulatedProcess server, int number)
        {
            _network = network;
            Number = number;
            _host = client;
            Client = new End(_pipes[3].Reader, _pipes[0].Writer);
            Server = new End(_pipes[1].Reader, _pipes[2].Writer);
            client.Killed += () => network.OnKilled(this);
            server.Killed += () => network.OnKilled(this);
        }

        public int Number { get; }

        public IDuplexPipe Client { get; }

        public IDuplexPipe Server { get; }

        public void Begin()
        {
            _network._process.Start(() => PumpAsync(_pipes[0].Reader, _pipes[1].Writer, 0));
            _network._process.Start(() => PumpAsync(_pipes[2].Reader, _pipes[3].Writer, 1));
        }

        public void CutAfter(int bytes, bool toServer)
        {
            if (bytes == 0) Cut();
            else _budget[toServer ? 0 : 1] = bytes;
        }

        public async Task CutLaterAsync()
        {
            await _network.DelayAsync();
            Cut();
        }

        private void Cut()
        {
            if (_isCut) return;
            _isCut = true;
            _network._links.Remove(this);
            _network.Noted($"network: connection {Number} is cut");
            foreach (var pipe in (ReadOnlySpan<Pipe>)[_pipes[0], _pipes[2]]) pipe.Reader.Complete(Broken());
            foreach (var pipe in (ReadOnlySpan<Pipe>)[_pipes[1], _pipes[3]]) pipe.Writer.Complete(Broken());
        }

        private async Task PumpAsync(PipeReader from, PipeWriter to, int direction)
        {
            try
            {
                while (!_isCut)
                {
                    var read = await from.ReadAsync();
                    if (_isCut) return;
                    var all = read.Buffer.Length;
                    var length = _network.PieceOf(all);
                    await _network.DelayAsync();
                    while (!_isCut && _network.IsParted(_host, toServer: direction == 0)) await _network.PartedAsync();
                    if (_isCut) return;
                    if (_network.MayCut()) _budget[direction] = Math.Min(_budget[direction], _network.PieceOf(length));
                    var passed = Math.Min(length, _budget[direction]);
                    foreach (var part in read.Buffer.Slice(0, passed)) to.Write(part.Span);
                    if (_budget[direction] != long.MaxValue) _budget[direction] -= passed;
                    from.AdvanceTo(read.Buffer.GetPosition(passed));
                    var flushed = await to.FlushAsync();
                    if (_isCut) return;
                    if (_budget[direction] == 0)
                    {
                        _network.Reached(direction == 0 ? "network: cut on the way to the server" : "network: cut on the way to the client");
                        Cut();
                        return;
                    }

                    if (read.IsCompleted && passed == all)
                    {
                        to.Complete();
                        break;
                    }

                    if (flushed.IsCompleted)
                    {
                        from.Complete();
                        break;
                    }
                }
            }
            catch (IOException)
            {
                Cut();
                return;
            }

            // Closed politely in both directions, the connection is gone.
            if (--_pumps == 0) _network._links.Remove(this);
        }

        private static IOException Broken() => new("connection reset by peer");

        private sealed class End(PipeReader input, PipeWriter output) : IDuplexPipe
        {
            public PipeReader Input => input;

            public PipeWriter Output => output;
        }
    }

    private Task PartedAsync() => world.DelayAsync(_process, PartedStep, PartedStep);

    private Task DelayAsync() => world.DelayAsync(_process, DelayMax + Stall(), Stall());

    private void Noted(string text) => world.Note(text);

    private void Reached(string name) => world.Marks.Reached(name);

    private bool MayCut() => world.Chance.Percent(CutPercent);

    // Mostly all that is there, sometimes a piece, so that frames arrive in parts.
    private long PieceOf(long length) =>
        length <= 1 || !world.Chance.OneIn(4) ? length : 1 + world.Chance.Below((int)Math.Min(length, int.MaxValue));

    private sealed record Partition(SimulatedProcess? Client, bool ToServer, bool ToClient, TimeSpan Until);
}
