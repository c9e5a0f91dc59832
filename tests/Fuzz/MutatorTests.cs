namespace FlexFs.Fuzz;

public class MutatorTests
{
    [Fact]
    public void A_seed_gives_the_same_inputs()
    {
        byte[][] corpus = [[1, 2, 3, 4, 5, 6, 7, 8], [9, 10]];
        var first = new Mutator(new Random(1), corpus);
        var second = new Mutator(new Random(1), corpus);
        for (var i = 0; i < 100; i++) Assert.Equal(first.Next(), second.Next());
    }

    [Fact]
    public void The_corpus_itself_is_never_damaged()
    {
        byte[][] corpus = [[1, 2, 3, 4, 5, 6, 7, 8]];
        var mutator = new Mutator(new Random(2), corpus);
        for (var i = 0; i < 1000; i++) mutator.Next();
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], corpus[0]);
    }
}
