namespace FlexFs.Hosting.CommandLine;

/// <summary>What <c>license</c> prints.</summary>
internal static class LicenseText
{
    public const string Text =
        """
        flexFS in C#. The owner has not chosen licence terms yet: all rights reserved.
        Contains components of third parties under their own licences (MIT, Apache-2.0, BSD);
        THIRD-PARTY.md of the source tree names each with its terms.
        """;
}
