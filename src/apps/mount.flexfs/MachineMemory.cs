namespace FlexFs.Apps.Mount;

/// <summary>How much memory there is for this process: the machine's, or its cgroup's limit if that is less.</summary>
public static class MachineMemory
{
    /// <summary>Bytes.</summary>
    public static long TotalBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
}
