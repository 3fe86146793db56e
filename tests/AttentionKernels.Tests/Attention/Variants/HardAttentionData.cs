namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>Small integers whose softmax is hard, for one sequence: scores lie 128 or more apart, so that a row attends to one key, or to
/// two of equal scores, and its output is a row of values, or the mean of two, exactly and in whatever order sums are taken.</summary>
/// <remarks>Each key of a head has a rank, and a query's product with it is plus or minus one or two times that rank and
/// <see cref="QueryFactor"/>. Ranks rise with the keys, fall, or are shuffled: risen ones show the last key that a mask lets through, and
/// fallen ones the first.</remarks>
internal sealed class HardAttentionData
{
    /// <summary>What queries are multiplied by, and scales divided by: tensor cores take scales up to 32.</summary>
    public const int QueryFactor = 4;

    private const int LargestValue = 7;

    private readonly int _tokens;
    private readonly int _keyValueHeads;
    private readonly int _dimension;

    // For each kv head the direction of its queries, and its keys [tokens, headDim].
    private readonly float[][] _directions;
    private readonly float[][] _keys;

    /// <summary>Draws the keys of a sequence.</summary>
    /// <param name="random">Where from.</param>
    /// <param name="problem">The combination.</param>
    /// <param name="largest">The largest integer of a key; ranks beyond it have several digits.</param>
    /// <param name="mayTie">Whether two keys may have one rank.</param>
    public HardAttentionData(Random random, Combination problem, int largest, bool mayTie)
    {
        (_tokens, _keyValueHeads, _dimension) = (problem.MaximumKeys, problem.KeyValueHeads, problem.HeadDimension);
        _directions = [.. Enumerable.Range(0, _keyValueHeads).Select(_ => new float[_dimension])];
        _keys = [.. Enumerable.Range(0, _keyValueHeads).Select(_ => new float[_tokens * _dimension])];
        for (int head = 0; head < _keyValueHeads; head++)
            FillHead(random, head, Ranks(random, _tokens, mayTie), largest);
    }

    /// <summary>How many integers up to a largest one a rank takes, of so many ranks.</summary>
    public static int Digits(int largest, int ranks)
    {
        int digits = 1;
        for (long reached = largest + 1L; reached < ranks; reached *= largest + 1L)
            digits++;
        return digits;
    }

    /// <summary>The first so many keys [tokens, kv heads, headDim].</summary>
    public float[] Keys(int tokens) =>
    [
        .. Enumerable.Range(0, tokens * _keyValueHeads).SelectMany(
            row => _keys[row % _keyValueHeads].AsSpan(row / _keyValueHeads * _dimension, _dimension).ToArray()),
    ];

    /// <summary>Queries [tokens, heads, headDim].</summary>
    public float[] Queries(Random random, int tokens, int heads) =>
        [.. Enumerable.Range(0, tokens * heads).SelectMany(row => Query(random, row % heads, heads))];

    /// <summary>Values [tokens, kv heads, headDim]: none is 0, which what a kernel leaves out would be.</summary>
    public float[] Values(Random random, int tokens) =>
        VariantDraw.Numbers(tokens * _keyValueHeads * _dimension, () => (float)(Sign(random) * random.Next(1, LargestValue + 1)));

    private static int[] Ranks(Random random, int count, bool mayTie)
    {
        int[] ranks = [.. Enumerable.Range(0, count)];
        switch (random.Next(3))
        {
            case 0:
                random.Shuffle(ranks);
                break;
            case 1:
                Array.Reverse(ranks);
                break;
        }

        return mayTie && random.Next(2) == 0 ? Array.ConvertAll(ranks, rank => rank / 2) : ranks;
    }

    private static int Sign(Random random) => random.Next(2) == 0 ? -1 : 1;

    private IEnumerable<float> Query(Random random, int head, int heads)
    {
        int factor = QueryFactor * Sign(random) * random.Next(1, 3);
        return _directions[head / (heads / _keyValueHeads)].Select(element => factor * element);
    }

    // Some elements hold a rank's digits; of the others each pair adds a number and takes it away.
    private void FillHead(Random random, int head, int[] ranks, int largest)
    {
        int[] elements = [.. Enumerable.Range(0, _dimension)];
        random.Shuffle(elements);
        int digits = Digits(largest, _tokens);
        int place = 1;
        foreach (int element in elements.Take(digits))
        {
            int sign = Sign(random);
            int unit = place;
            Fill(head, element, sign * unit, token => sign * (ranks[token] / unit % (largest + 1)));
            place *= largest + 1;
        }

        foreach (int[] pair in elements.Skip(digits).Chunk(2).Where(pair => pair.Length == 2))
        {
            int[] noise = [.. ranks.Select(_ => random.Next(-3, 4))];
            int direction = Sign(random);
            Fill(head, pair[0], direction, token => noise[token]);
            Fill(head, pair[1], direction, token => -noise[token]);
        }
    }

    private void Fill(int head, int element, int direction, Func<int, int> number)
    {
        _directions[head][element] = direction;
        for (int token = 0; token < _tokens; token++)
            _keys[head][(token * _dimension) + element] = number(token);
    }
}
