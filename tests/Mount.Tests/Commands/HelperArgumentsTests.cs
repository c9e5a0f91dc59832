using FlexFs.Apps.Mount;

namespace FlexFs.Mount.Tests.Commands;

public sealed class HelperArgumentsTests
{
    [Theory]
    [InlineData("vol /mnt -o rw", "start vol /mnt")]
    [InlineData("vol /mnt -o rw,_netdev,nofail,noexec,nosuid,nodev", "start vol /mnt --noExec --noSUID --noDev")]
    [InlineData("vol /mnt -v -o ro,xAttr,verbose", "start vol /mnt --verbose --ro --xAttr --verbose")]
    [InlineData("vol /mnt -o acl,noatime,umask=0002,relatime", "start vol /mnt --acl --noATime --umask 0002")]
    [InlineData("vol /mnt -n -s -o credsFile=/etc/c,x-systemd.automount", "start vol /mnt --credsFile /etc/c")]
    public void The_way_mount_calls_a_helper_becomes_start(string given, string expected) =>
        Assert.Equal(expected.Split(' '), HelperArguments.Translate(given.Split(' ')));

    [Theory]
    [InlineData("start vol /mnt --ro")]
    [InlineData("init creds vol")]
    [InlineData("--help")]
    [InlineData("version")]
    [InlineData("strat vol")]
    public void Commands_stay_as_they_are(string given) =>
        Assert.Equal(given.Split(' '), HelperArguments.Translate(given.Split(' ')));
}
