using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Protocol.Sessions;
using FlexFs.Rpc;
using FlexFs.Wire;

namespace FlexFs.MetadataService.Tests.Peers;

/// <summary>A client that sends whatever frames a test wants, and has a session all the same.</summary>
public sealed class RawSession
{
    /// <summary>The first slot of ordinary requests.</summary>
    public const uint Slot = RpcProtocol.ReleaseSlots;

    private readonly IDuplexPipe _pipe;

    private RawSession(IDuplexPipe pipe) => _pipe = pipe;

    /// <summary>What it said of itself; to be said again.</summary>
    public SessionHello Hello { get; private set; }

    /// <summary>What the server answered: Welcome or Refuse.</summary>
    public FrameHeader Answer { get; private set; }

    public static Task<RawSession> ConnectAsync(TestService service) => ConnectAsync(service, new SessionHello
    {
        Volume = TestService.VolumeName,
        Token = TestService.Token,
        ClientName = "hostile",
        ClientVersion = "1",
    });

    public static async Task<RawSession> ConnectAsync(TestService service, SessionHello hello)
    {
        var raw = new RawSession(await service.ConnectAsync(CancellationToken.None)) { Hello = hello };
        var rpc = WireCodec.ToBytes(new RpcHello
        {
            VersionMin = RpcProtocol.VersionMin,
            VersionMax = RpcProtocol.VersionMax,
            Body = WireCodec.ToBytes(hello),
        });
        await raw.SendAsync([.. RpcProtocol.Preface, .. Frame(new FrameHeader { Kind = FrameKind.Hello }, rpc)]);
        var (header, payload) = await raw.ReceiveAsync();
        raw.Answer = header;
        if (header.Kind != FrameKind.Welcome) return raw;
        var welcome = WireCodec.Read<SessionWelcome>(WireCodec.Read<RpcWelcome>(payload).Body);
        if (welcome.Session != hello.Session) hello = hello with { Incarnation = 1 };
        raw.Hello = hello with { Session = welcome.Session, SessionKey = welcome.SessionKey };
        return raw;
    }

    public static byte[] Request<T>(Opcode opcode, in T record, ulong number, uint slot = Slot)
        where T : IWireRecord<T> => Frame(
            new FrameHeader { Kind = FrameKind.Request, Slot = slot, Number = number, Opcode = (ushort)opcode },
            WireCodec.ToBytes(record));

    public static byte[] Create(string name, ulong number, uint slot = Slot) => Request(
        Opcode.Create,
        new CreateRequest
        {
            Parent = InodeId.Root,
            Name = Encoding.UTF8.GetBytes(name),
            Mode = Core.FileMode.Of(FileType.Regular, 0x1A4),
        },
        number, slot);

    /// <summary>Sends bytes; what the server does not want any more is passed over.</summary>
    public async Task SendAsync(byte[] bytes)
    {
        try
        {
            await _pipe.Output.WriteAsync(bytes);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // The server has ended the connection.
        }
    }

    /// <summary>The next frame that is no push.</summary>
    public async Task<(FrameHeader Header, byte[] Payload)> ReceiveAsync()
    {
        while (true)
        {
            var header = WireCodec.Read<FrameHeader>(await TakeAsync(FrameHeader.Bytes));
            var payload = await TakeAsync(header.PayloadBytes);
            if (header.Kind != FrameKind.Push) return (header, payload);
        }
    }

    /// <summary>Sends a request and takes its answer.</summary>
    public async Task<(Errno Errno, byte[] Payload)> AskAsync(byte[] frame)
    {
        await SendAsync(frame);
        var (header, payload) = await ReceiveAsync();
        return (header.Errno, payload);
    }

    private static byte[] Frame(FrameHeader header, byte[] payload) =>
        [.. WireCodec.ToBytes(header with { Length = (uint)(FrameHeader.Bytes + payload.Length) }), .. payload];

    private async Task<byte[]> TakeAsync(int count)
    {
        if (count == 0) return [];
        var result = await _pipe.Input.ReadAtLeastAsync(count).SoonAsync();
        Assert.True(result.Buffer.Length >= count, "the connection ended");
        var bytes = result.Buffer.Slice(0, count).ToArray();
        _pipe.Input.AdvanceTo(result.Buffer.GetPosition(count));
        return bytes;
    }
}
