using CsCheck;

namespace FlexFs.Metadata.Tests.Random;

public sealed class RandomOperationTests
{
    private static readonly Gen<(int, int)[]> Operations = Gen.Select(Gen.Int[0, 99], Gen.Int[0, int.MaxValue - 1]).Array[1, 150];

    [Fact]
    public void The_engine_does_what_a_plain_model_does() => Operations.Sample(
        operations =>
        {
            var run = new RandomRun();
            foreach (var (kind, choice) in operations) run.Step(kind, choice);
            run.End();
        },
        iter: 1_000);

    [Fact]
    public void The_same_input_gives_the_same_batches() => Operations.Sample(
        operations =>
        {
            var (first, second) = (new RandomRun(), new RandomRun());
            foreach (var (kind, choice) in operations)
            {
                first.Step(kind, choice);
                second.Step(kind, choice);
            }

            first.End();
            second.End();
            var (a, b) = (first.Harness.Batches, second.Harness.Batches);
            Assert.Equal(a.Count, b.Count);
            for (var i = 0; i < a.Count; i++)
            {
                Assert.Equal(a[i].Sequence, b[i].Sequence);
                Assert.Equal(a[i].Writes.Select(w => w.Key), b[i].Writes.Select(w => w.Key));
                Assert.Equal(a[i].Writes.Select(w => w.Value), b[i].Writes.Select(w => w.Value));
            }
        },
        iter: 100);
}
