namespace FlexFs.Crash.Load;

/// <summary>A program's work in a folder of its own, and what it was told had succeeded.</summary>
internal interface ILoad
{
    /// <summary>One operation.</summary>
    /// <exception cref="IOException">It failed.</exception>
    /// <exception cref="UnauthorizedAccessException">It failed.</exception>
    void Step();

    /// <summary>Compares everything it was told with what a mount shows.</summary>
    /// <param name="folder">Its folder, seen through that mount.</param>
    /// <exception cref="IOException">It shows something else; the message says what.</exception>
    void Verify(string folder);
}
