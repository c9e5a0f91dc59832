using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Pipeline;

/// <summary>How a request is treated when a batch is full and when the store is.</summary>
internal enum RequestClass : byte
{
    /// <summary>Changes nothing durable: goes on whatever the store says.</summary>
    Read,

    /// <summary>Takes space: gets ENOSPC when there is none.</summary>
    Ordinary,

    /// <summary>Gives space or a session back: may take from the store's reserve.</summary>
    Freeing,
}

/// <summary>Which class an opcode is of.</summary>
internal static class RequestClasses
{
    /// <summary>How many classes there are.</summary>
    public const int Count = 3;

    /// <summary>All of them.</summary>
    public static readonly RequestClass[] All = [RequestClass.Read, RequestClass.Ordinary, RequestClass.Freeing];

    /// <summary>The class; what is not known is ordinary, and the engine refuses it.</summary>
    public static RequestClass Of(Opcode opcode)
    {
        if ((ushort)opcode >= FirstInternalOpcode) return RequestClass.Freeing;
        return opcode switch
        {
            < Opcode.Create => RequestClass.Read,
            Opcode.Unlink or Opcode.RemoveDirectory or Opcode.RemoveXattr or Opcode.Close => RequestClass.Freeing,
            Opcode.Reclaim or Opcode.EndSession => RequestClass.Freeing,
            _ => RequestClass.Ordinary,
        };
    }

    /// <summary>From here on requests are the service's own; no client may send them.</summary>
    public const ushort FirstInternalOpcode = 0x8000;
}
