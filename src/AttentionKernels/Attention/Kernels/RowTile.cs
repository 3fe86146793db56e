using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// Four numbers of each of a few rows in registers, the share of one thread in the products of <see
/// cref="AttentionModule{TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector}.SimtDecode{TAccess, TTile}"/>: of Q·Kᵀ a row's
/// sums over every fourth dimension, of P·V four columns. One row, or a pair of tiles, so that every number of rows comes from one source
/// and stays in registers, which arrays do not.
/// </summary>
internal interface IRowTile<TSelf>
{
    /// <summary>How many rows.</summary>
    static abstract int Rows { get; }

    /// <summary>The tile with the products of four dimensions of a key, and of each row's query, accumulated, dimension by
    /// dimension.</summary>
    /// <param name="self">The tile.</param>
    /// <param name="queries">The four dimensions of the first query; that of the next row is a line further.</param>
    /// <param name="key">Those of the key.</param>
    static abstract TSelf MultiplyAdd(TSelf self, ArrayView<RegisterRow> queries, RegisterRow key);

    /// <summary>The tile with four columns of four values accumulated, each times its weight.</summary>
    /// <param name="self">The tile.</param>
    /// <param name="weights">The four weights of the first row; those of the next are a row of weights further.</param>
    /// <param name="values">The columns of each value.</param>
    static abstract TSelf Accumulate(TSelf self, ArrayView<RegisterRow> weights, RegisterTile values);

    /// <summary>Turns a key's scores into weights, e^(score − maximum), stores them times a scale, and accumulates them in the first number
    /// of each row.</summary>
    /// <param name="self">The sums so far.</param>
    /// <param name="scores">The score of the first row; that of the next is a row of weights further.</param>
    /// <param name="maxima">Each row's maximum.</param>
    /// <param name="factors">For each row the factor of the sum so far.</param>
    /// <param name="scale">The scale.</param>
    static abstract TSelf Weigh(TSelf self, ArrayView<float> scores, ArrayView<float> maxima, ArrayView<float> factors, float scale);

    /// <summary>The tile times a factor a row.</summary>
    static abstract TSelf Scale(TSelf self, ArrayView<float> factors);

    /// <summary>Stores the sum of each row's four numbers, a row of weights apart.</summary>
    static abstract void StoreSums(TSelf self, ArrayView<float> target);

    /// <summary>Stores each row's four numbers, the columns of a block apart.</summary>
    static abstract void Store(TSelf self, ArrayView<RegisterRow> target);
}
