namespace FlexFs.Workloads.Targets;

/// <summary>A file system to measure: a folder on it, and a way to make it forget.</summary>
public abstract class Target : IDisposable
{
    /// <summary>As the table names it.</summary>
    public abstract string Name { get; }

    /// <summary>A folder on it.</summary>
    public abstract string Folder { get; }

    /// <summary>The same folder as another host has it; of a local file system the very folder.</summary>
    public virtual string OtherHost(string folder) => folder;

    /// <summary>Whether it is measured in rows that make a million files or need what no object store over HTTP has.</summary>
    public virtual bool IsForAll => true;

    /// <summary>Resident bytes of the server behind it; 0 when there is none.</summary>
    public virtual long ServerResidentBytes => 0;

    /// <summary>Drops every cache between a program and the store.</summary>
    public virtual void MakeCold() => Shell.DropKernelCaches();

    /// <summary>Resident bytes of its processes; 0 when there is none.</summary>
    public virtual long ResidentBytes => 0;

    /// <summary>How often a row is run on it at most.</summary>
    public virtual int Repeats => int.MaxValue;

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        Stop();
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends its processes and mounts.</summary>
    protected abstract void Stop();
}
