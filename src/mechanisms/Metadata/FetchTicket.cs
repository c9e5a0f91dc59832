namespace FlexFs.Metadata;

/// <summary>A fetch that is under way: what changes after it began stays in memory until it ends.</summary>
/// <param name="Number">Counts the fetches.</param>
/// <param name="Since">The last durable batch when it began: its snapshot holds that and maybe more.</param>
public readonly record struct FetchTicket(ulong Number, ulong Since);
