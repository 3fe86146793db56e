using AttentionKernels.Attention.Variants;

namespace AttentionKernels;

/// <summary>Any mask, a bit for each pair of a query and a key: bit k mod 32 of word ⌊k / 32⌋ of a query's row is 1 where it attends to
/// key k.</summary>
/// <remarks>Queries count from the first of the run. Tiles without a bit are skipped where they are of few words.</remarks>
public readonly struct BitMask : IMask<BitMask>
{
    // Those of 64 rows and of 64 keys that begin anywhere.
    private const int MostWords = 64 * 3;

    private readonly VariantTable<uint> _words;

    /// <summary>Makes a mask.</summary>
    /// <param name="words">The bits [batch, heads, queries, ⌈keys / 32⌉]; batch and heads may be 1 for all, and left out.</param>
    /// <exception cref="ArgumentException"><paramref name="words"/> is of another rank, empty, or not dense.</exception>
    public BitMask(TensorView<uint> words) =>
        _words = VariantTable<uint>.OfPairs(words, "[batch, heads, queries, words]", nameof(words));

    /// <inheritdoc/>
    public static bool Allows(in BitMask self, in Position at) =>
        ((self._words.At(at.Batch, at.Head, at.Query, at.Key >> 5) >> (at.Key & 31)) & 1) != 0;

    /// <inheritdoc/>
    public static TileCoverage Coverage(in BitMask self, in QueryRange queries, KeyRange keys)
    {
        // To look at more takes longer than to ask about the scores of a tile.
        int lastHead = self._words.IsForAllHeads ? queries.FirstHead : queries.LastHead;
        int rows = (lastHead - queries.FirstHead + 1) * (queries.Last - queries.First + 1);
        if (rows * (((keys.End - 1) >> 5) - (keys.First >> 5) + 1) > MostWords)
            return TileCoverage.Partial;
        uint any = 0;
        uint all = uint.MaxValue;
        for (int head = queries.FirstHead; head <= lastHead; head++)
        {
            for (int query = queries.First; query <= queries.Last; query++)
            {
                for (int word = keys.First >> 5; word << 5 < keys.End; word++)
                {
                    uint outside = Outside(word, keys);
                    uint bits = self._words.At(queries.Batch, head, query, word);
                    any |= bits & ~outside;
                    all &= bits | outside;
                }

                if (any != 0 && all != uint.MaxValue)
                    return TileCoverage.Partial;
            }
        }

        if (any == 0)
            return TileCoverage.Empty;
        return all == uint.MaxValue ? TileCoverage.Full : TileCoverage.Partial;
    }

    // The bits of a word that are none of the keys.
    private static uint Outside(int word, KeyRange keys)
    {
        int first = Math.Max(keys.First - (word << 5), 0);
        int behind = Math.Max((word << 5) + 32 - keys.End, 0);
        uint before = (1u << first) - 1;
        return behind == 0 ? before : before | ~(uint.MaxValue >> behind);
    }
}
