namespace FlexFs.Wire.Tests;

public class AllocationTests
{
    [Fact]
    public void Encoding_allocates_nothing()
    {
        var buffer = new byte[1024];
        Assert.Equal(0, Allocated(() =>
        {
            WireCodec.Write(SampleValues.Fixed, buffer);
            WireCodec.Write(SampleValues.Variable, buffer);
        }));
    }

    [Fact]
    public void Decoding_fixed_widths_and_bytes_allocates_nothing()
    {
        var fixedBytes = WireCodec.ToBytes(SampleValues.Fixed);
        var torn = fixedBytes.AsMemory(0, 50);
        Assert.Equal(0, Allocated(() =>
        {
            WireCodec.TryRead<FixedSample>(fixedBytes, out _, out _);
            WireCodec.TryRead<FixedSample>(torn, out _, out _);
        }));
    }

    [Fact]
    public void A_count_that_the_input_cannot_hold_allocates_no_array()
    {
        byte[] bytes = [1, .. new byte[8], 0x40, 0x42, 0x0F, 0];
        Assert.Equal(0, Allocated(() => WireCodec.TryRead<NumbersSample>(bytes, out _, out _)));
    }

    private static long Allocated(Action action)
    {
        // Warm up: the first calls load and compile. The least of several: the runtime may allocate on this thread once.
        for (var i = 0; i < 100; i++) action();
        var least = long.MaxValue;
        for (var i = 0; i < 20; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
