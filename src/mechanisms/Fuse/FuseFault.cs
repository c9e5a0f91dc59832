using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse;

/// <summary>Something went wrong in the server itself; the program, if one waits, was answered EIO.</summary>
/// <param name="Opcode">The request under way.</param>
/// <param name="What">One clause, for the log.</param>
/// <param name="Exception">What a handler threw, if it did.</param>
public readonly record struct FuseFault(FuseOpcode Opcode, string What, Exception? Exception);
