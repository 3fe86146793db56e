using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Layouts;

/// <summary>The sequences of a batch as kernels see them: where their tokens lie, and how their keys and values are stored.</summary>
/// <typeparam name="TSelf">The sequences themselves.</typeparam>
internal interface ISequences<TSelf>
    where TSelf : struct, ISequences<TSelf>
{
    /// <summary>Whether the numbers of keys are stored without their scales.</summary>
    static abstract bool KeysAreScaled { get; }

    /// <summary>Whether the numbers of values are stored without their scales.</summary>
    static abstract bool ValuesAreScaled { get; }

    /// <inheritdoc cref="ITokenLayout{TSelf}.QueryLength"/>
    static abstract int QueryLength(in TSelf self, int batch);

    /// <inheritdoc cref="ITokenLayout{TSelf}.KeyLength"/>
    static abstract int KeyLength(in TSelf self, int batch);

    /// <inheritdoc cref="ITokenLayout{TSelf}.Position"/>
    static abstract Position Position(in TSelf self, int batch, int head, int query);

    /// <inheritdoc cref="ITokenLayout{TSelf}.Range"/>
    static abstract KeyRange Range<TMask>(in TSelf self, in TMask mask, int batch, int firstQuery, int lastQuery)
        where TMask : struct, IMask<TMask>;

    /// <inheritdoc cref="ITokenLayout{TSelf}.LeavesStates"/>
    static abstract bool LeavesStates(in TSelf self, int batch, bool hasFewRows);

    /// <inheritdoc cref="ITokenLayout{TSelf}.States"/>
    static abstract int States(in TSelf self, int batch, int splits);

    /// <inheritdoc cref="ITokenLayout{TSelf}.FirstState"/>
    static abstract int FirstState(in TSelf self, int batch);

    /// <inheritdoc cref="ITokenLayout{TSelf}.StateRow"/>
    static abstract long StateRow(in TSelf self, int batch, int head, int query, int heads, int splitQueries);

    /// <inheritdoc cref="ITokenLayout{TSelf}.QueryOffset"/>
    static abstract long QueryOffset(in TSelf self, int batch, int query);

    /// <inheritdoc cref="ITokenLayout{TSelf}.OutputOffset"/>
    static abstract long OutputOffset(in TSelf self, int batch, int query);

    /// <inheritdoc cref="ITokenLayout{TSelf}.LogSumExpOffset"/>
    static abstract long LogSumExpOffset(in TSelf self, int batch, int head, int query);

    /// <summary>The offset of a token's key of a kv head.</summary>
    static abstract long KeyRow(in TSelf self, int batch, int key, int keyValueHead);

    /// <summary>The offset of a token's value of a kv head.</summary>
    static abstract long ValueRow(in TSelf self, int batch, int key, int keyValueHead);

    /// <summary>A number of the key at an offset, without its scale.</summary>
    static abstract float Key(in TSelf self, long row, int dimension);

    /// <summary>A number of the value at an offset, without its scale.</summary>
    static abstract float Value(in TSelf self, long row, int dimension);

    /// <summary>The scale of a token's key of a kv head; 1 where keys have none.</summary>
    static abstract float KeyScale(in TSelf self, int batch, int key, int keyValueHead);

    /// <summary>The scale of a token's value of a kv head; 1 where values have none.</summary>
    static abstract float ValueScale(in TSelf self, int batch, int key, int keyValueHead);

    /// <summary>Finds where consecutive tokens lie.</summary>
    static abstract void Locate(in TSelf self, int batch, int firstKey, int count, RowOffsetTable offsets);

    /// <summary>The scales of the located tokens' keys [kv head][token], from a head on; keys have some.</summary>
    static abstract void GatherKeyScales(in TSelf self, RowOffsetTable offsets, int firstHead, ArrayView<float> target, int targetStride, int heads, int count);

    /// <summary>The scales of the located tokens' values [kv head][token], from a head on; values have some.</summary>
    static abstract void GatherValueScales(in TSelf self, RowOffsetTable offsets, int firstHead, ArrayView<float> target, int targetStride, int heads, int count);

    /// <summary>The scores of <see cref="SkinnyGemm"/> of the located tokens' keys, without their scales.</summary>
    static abstract void Scores<TWidth>(
        in TSelf self, ArrayView<float> rows, RowOffsetTable offsets, int known, int firstHead,
        ArrayView<float> scores, int scoreStride, int heads, int rowsPerHead, int count, int dimension)
        where TWidth : struct, IVectorWidth;

    /// <summary>The outputs of <see cref="SkinnyGemm"/> of located tokens' values, without their scales.</summary>
    static abstract void Outputs<TWidth>(
        in TSelf self, ArrayView<float> weights, long weightsOffset, int weightStride, RowOffsetTable offsets, int firstToken, int known, int firstHead,
        ArrayView<float> outputs, long outputsOffset, int heads, int rowsPerHead, int count, int dimension)
        where TWidth : struct, IVectorWidth;

    /// <summary><see cref="PackedGemm.Scores"/>, asking for the values of the first <paramref name="rowsAhead"/> located tokens.</summary>
    static abstract void PanelScores<TWidth>(
        in TSelf self, ArrayView<float> keys, long keysOffset, ArrayView<float> queries, ArrayView<float> scores, int count, int dimension, int keyStride,
        RowOffsetTable offsets, int keyValueHead, int rowsAhead, int dimensionAhead)
        where TWidth : struct, IVectorWidth;

    /// <summary><see cref="PackedGemm.Outputs"/>, asking for the keys of <paramref name="rowsAhead"/> located tokens.</summary>
    static abstract void PanelOutputs<TWidth>(
        in TSelf self, ArrayView<float> values, long valuesOffset, int blockStride, ArrayView<float> weights, ArrayView<float> factors, long factorsOffset,
        ArrayView<float> outputs, int blocks, int count,
        RowOffsetTable offsets, int keyValueHead, int firstAhead, int rowsAhead, int dimensionAhead)
        where TWidth : struct, IVectorWidth;

    /// <summary><see cref="TileGather.Rows"/> of the located tokens' keys, without their scales.</summary>
    static abstract void GatherKeys(
        in TSelf self, RowOffsetTable offsets, int keyValueHead, ArrayView<float> target, int targetStride, int count, int dimension);

    /// <summary><see cref="TileGather.Blocks"/> of the located tokens' values, without their scales.</summary>
    static abstract float GatherValues<TWidth>(
        in TSelf self, RowOffsetTable offsets, int keyValueHead, ArrayView<float> target, int blockStride, int count, int dimension)
        where TWidth : struct, IVectorWidth;
}
