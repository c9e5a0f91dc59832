using FlexFs.Harness;

namespace FlexFs.Conformance.Harness;

/// <summary>A case: system calls in a folder of its own.</summary>
[Collection(Subjects.Name)]
public abstract class Conforms
{
    private readonly Subject _subject;

    /// <summary>Skips where nothing can be mounted.</summary>
    protected Conforms(Subject subject)
    {
        if (Subject.GivenFolder is null) Requirements.Mounting();
        else if (!Environment.IsPrivilegedProcess) Assert.Skip("SKIPPED ALOUD: these cases need root");
        _subject = subject;
    }

    /// <summary>
    /// Runs the case as root, with a umask of 0, on a thread of its own whose current folder is a fresh one that everybody may use.
    /// </summary>
    protected void In(Place place, Action body)
    {
        var folder = _subject.Fresh(place);
        Identity.OnThread(() =>
        {
            Ok(Libc.ChDir(folder));
            Ok(ChMod(".", O(777)));
            body();
            _ = Libc.ChDir("/");
        });
        // Whatever a case left behind, it can be removed: nothing is in use any more.
        Folders.Remove(folder);
    }

    /// <summary>Runs part of a case as whom root is squashed to: as root on the mount that squashes it, elsewhere as that user.</summary>
    protected void AsSquashed(Place place, Action body)
    {
        if (place != Place.Squashed)
        {
            As(Nobody, body);
            return;
        }

        var folder = PathOf(".");
        Ok(Libc.ChDir(_subject.OnSquashed(Path.GetDirectoryName(folder)!)));
        try
        {
            body();
        }
        finally
        {
            Ok(Libc.ChDir(folder));
        }
    }
}
