using FlexFs.Core;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse;

/// <summary>A request that was answered late.</summary>
/// <param name="Opcode">What was asked.</param>
/// <param name="NodeId">The inode it is about; for names, their directory.</param>
/// <param name="Pid">Caller's thread id; 0 when the kernel itself asked.</param>
/// <param name="Uid">Caller's file system user id.</param>
/// <param name="Elapsed">From its reading to its answer, to about 10 ms.</param>
/// <param name="Errno">The answer.</param>
public readonly record struct FuseSlow(FuseOpcode Opcode, ulong NodeId, uint Pid, uint Uid, TimeSpan Elapsed, Errno Errno);
