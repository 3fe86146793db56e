using AttentionKernels.Attention.Variants;
using AttentionKernels.MicroKernels;

namespace AttentionKernels;

/// <summary>Block-sparse attention: queries and keys are cut into blocks, and an index says for each pair of blocks whether its queries
/// attend to its keys, the last query being at the last key.</summary>
/// <remarks>
/// Zaheer et al., "Big Bird: Transformers for Longer Sequences", 2020; Child et al., "Generating Long Sequences with Sparse Transformers",
/// 2019. Tiles of pairs that are off, for all query heads of a kv head, are skipped: blocks of 64 and multiples of it are fastest; by
/// tensor cores, whose tiles are of up to 128 queries where each query head has keys of its own, those of 128. What the index has no block
/// for is off.
/// </remarks>
public readonly struct BlockSparseMask : IMask<BlockSparseMask>
{
    private readonly VariantTable<int> _index;
    private readonly IndexDivisor _queries;
    private readonly IndexDivisor _keys;

    /// <summary>Makes a mask.</summary>
    /// <param name="index">The index [batch, heads, query blocks, key blocks], not 0 where a pair is on; batch and heads may be 1 for all,
    /// and left out.</param>
    /// <param name="queries">Queries of a block.</param>
    /// <param name="keys">Keys of a block.</param>
    /// <exception cref="ArgumentException"><paramref name="index"/> is of another rank, empty, or not dense.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="queries"/> or <paramref name="keys"/> is not positive.</exception>
    public BlockSparseMask(TensorView<int> index, int queries, int keys)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(queries);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keys);
        _index = VariantTable<int>.OfPairs(index, "[batch, heads, query blocks, key blocks]", nameof(index));
        _queries = new IndexDivisor(queries);
        _keys = new IndexDivisor(keys);
    }

    /// <inheritdoc/>
    public static bool Allows(in BlockSparseMask self, in Position at) =>
        at.QueryPosition >= 0 && self.IsOn(at.Batch, at.Head, self._queries.Quotient(at.QueryPosition), self._keys.Quotient(at.Key));

    /// <inheritdoc/>
    public static TileCoverage Coverage(in BlockSparseMask self, in QueryRange queries, KeyRange keys)
    {
        if (queries.FirstPosition < 0)
            return TileCoverage.Partial;
        int on = 0;
        int pairs = 0;
        int lastHead = self._index.IsForAllHeads ? queries.FirstHead : queries.LastHead;
        for (int head = queries.FirstHead; head <= lastHead; head++)
        {
            for (int row = self._queries.Quotient(queries.FirstPosition); row <= self._queries.Quotient(queries.LastPosition); row++)
            {
                for (int column = self._keys.Quotient(keys.First); column <= self._keys.Quotient(keys.End - 1); column++)
                {
                    pairs++;
                    if (self.IsOn(queries.Batch, head, row, column))
                        on++;
                    if (on > 0 && on < pairs)
                        return TileCoverage.Partial;
                }
            }
        }

        return on == 0 ? TileCoverage.Empty : TileCoverage.Full;
    }

    private bool IsOn(int batch, int head, int row, int column) =>
        row < _index.Rows && column < _index.Columns && _index.At(batch, head, row, column) != 0;
}
