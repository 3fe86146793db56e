using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Layouts;

/// <summary>Sequences whose tokens have their places, and whose keys and values are stored each in its own way.</summary>
/// <typeparam name="TLayout">Where tokens lie.</typeparam>
/// <typeparam name="TKey">How keys are stored.</typeparam>
/// <typeparam name="TValue">How values are stored.</typeparam>
internal struct StoredSequences<TLayout, TKey, TValue> : ISequences<StoredSequences<TLayout, TKey, TValue>>
    where TLayout : struct, ITokenLayout<TLayout>
    where TKey : unmanaged, IFormat<TKey>
    where TValue : unmanaged, IFormat<TValue>
{
    public TLayout Places;
    public KeyValueBuffer<TKey> Keys;
    public KeyValueBuffer<TValue> Values;

    public static bool KeysAreScaled => TKey.IsScaled;

    public static bool ValuesAreScaled => TValue.IsScaled;

    public static int QueryLength(in StoredSequences<TLayout, TKey, TValue> self, int batch) => TLayout.QueryLength(self.Places, batch);

    public static int KeyLength(in StoredSequences<TLayout, TKey, TValue> self, int batch) => TLayout.KeyLength(self.Places, batch);

    public static Position Position(in StoredSequences<TLayout, TKey, TValue> self, int batch, int head, int query) => TLayout.Position(self.Places, batch, head, query);

    public static KeyRange Range<TMask>(in StoredSequences<TLayout, TKey, TValue> self, in TMask mask, int batch, int firstQuery, int lastQuery)
        where TMask : struct, IMask<TMask> => TLayout.Range(self.Places, mask, batch, firstQuery, lastQuery);

    public static bool LeavesStates(in StoredSequences<TLayout, TKey, TValue> self, int batch, bool hasFewRows) => TLayout.LeavesStates(self.Places, batch, hasFewRows);

    public static int States(in StoredSequences<TLayout, TKey, TValue> self, int batch, int splits) => TLayout.States(self.Places, batch, splits);

    public static int FirstState(in StoredSequences<TLayout, TKey, TValue> self, int batch) => TLayout.FirstState(self.Places, batch);

    public static long StateRow(in StoredSequences<TLayout, TKey, TValue> self, int batch, int head, int query, int heads, int splitQueries) =>
        TLayout.StateRow(self.Places, batch, head, query, heads, splitQueries);

    public static long QueryOffset(in StoredSequences<TLayout, TKey, TValue> self, int batch, int query) => TLayout.QueryOffset(self.Places, batch, query);

    public static long OutputOffset(in StoredSequences<TLayout, TKey, TValue> self, int batch, int query) => TLayout.OutputOffset(self.Places, batch, query);

    public static long LogSumExpOffset(in StoredSequences<TLayout, TKey, TValue> self, int batch, int head, int query) =>
        TLayout.LogSumExpOffset(self.Places, batch, head, query);

    public static long KeyRow(in StoredSequences<TLayout, TKey, TValue> self, int batch, int key, int keyValueHead) =>
        self.Keys.Offset(TLayout.Page(self.Places, batch, key), TLayout.Place(self.Places, key)) + (keyValueHead * self.Keys.HeadStride);

    public static long ValueRow(in StoredSequences<TLayout, TKey, TValue> self, int batch, int key, int keyValueHead) =>
        self.Values.Offset(TLayout.Page(self.Places, batch, key), TLayout.Place(self.Places, key)) + (keyValueHead * self.Values.HeadStride);

    public static float Key(in StoredSequences<TLayout, TKey, TValue> self, long row, int dimension) => self.Keys.Number(row, dimension);

    public static float Value(in StoredSequences<TLayout, TKey, TValue> self, long row, int dimension) => self.Values.Number(row, dimension);

    public static float KeyScale(in StoredSequences<TLayout, TKey, TValue> self, int batch, int key, int keyValueHead) => !TKey.IsScaled
        ? 1f
        : self.Keys.Scales[self.Keys.ScaleOffset(TLayout.Page(self.Places, batch, key), TLayout.Place(self.Places, key)) + (keyValueHead * self.Keys.ScaleHeadStride)];

    public static float ValueScale(in StoredSequences<TLayout, TKey, TValue> self, int batch, int key, int keyValueHead) => !TValue.IsScaled
        ? 1f
        : self.Values.Scales[self.Values.ScaleOffset(TLayout.Page(self.Places, batch, key), TLayout.Place(self.Places, key)) + (keyValueHead * self.Values.ScaleHeadStride)];

    public static void Locate(in StoredSequences<TLayout, TKey, TValue> self, int batch, int firstKey, int count, RowOffsetTable offsets)
    {
        for (int token = 0; token < count;)
        {
            int run = Math.Min(TLayout.RunLength(self.Places, firstKey + token), count - token);
            long page = TLayout.Page(self.Places, batch, firstKey + token);
            int place = TLayout.Place(self.Places, firstKey + token);
            RowOffsets.Fill(offsets.Keys, token, self.Keys.Offset(page, place), self.Keys.TokenStride, run);
            RowOffsets.Fill(offsets.Values, token, self.Values.Offset(page, place), self.Values.TokenStride, run);
            if (TKey.IsScaled)
                RowOffsets.Fill(offsets.KeyScales, token, self.Keys.ScaleOffset(page, place), self.Keys.ScaleTokenStride, run);
            if (TValue.IsScaled)
                RowOffsets.Fill(offsets.ValueScales, token, self.Values.ScaleOffset(page, place), self.Values.ScaleTokenStride, run);
            token += run;
        }
    }

    public static void GatherKeyScales(
        in StoredSequences<TLayout, TKey, TValue> self, RowOffsetTable offsets, int firstHead, ArrayView<float> target, int targetStride, int heads, int count) =>
        TileGather.Columns(
            self.Keys.Scales, firstHead * self.Keys.ScaleHeadStride, self.Keys.ScaleHeadStride, offsets.KeyScales, 0, target, 0, targetStride, count, heads);

    public static void GatherValueScales(
        in StoredSequences<TLayout, TKey, TValue> self, RowOffsetTable offsets, int firstHead, ArrayView<float> target, int targetStride, int heads, int count) =>
        TileGather.Columns(
            self.Values.Scales, firstHead * self.Values.ScaleHeadStride, self.Values.ScaleHeadStride, offsets.ValueScales, 0, target, 0, targetStride, count, heads);

    public static void Scores<TWidth>(
        in StoredSequences<TLayout, TKey, TValue> self, ArrayView<float> rows, RowOffsetTable offsets, int known, int firstHead,
        ArrayView<float> scores, int scoreStride, int heads, int rowsPerHead, int count, int dimension)
        where TWidth : struct, IVectorWidth =>
        SkinnyGemm.Scores<TKey, TWidth>(
            rows, 0, self.Keys.Data, firstHead * self.Keys.HeadStride, self.Keys.HeadStride, offsets.Keys, 0, known,
            scores, 0, scoreStride, heads, rowsPerHead, count, dimension);

    public static void Outputs<TWidth>(
        in StoredSequences<TLayout, TKey, TValue> self, ArrayView<float> weights, long weightsOffset, int weightStride,
        RowOffsetTable offsets, int firstToken, int known, int firstHead,
        ArrayView<float> outputs, long outputsOffset, int heads, int rowsPerHead, int count, int dimension)
        where TWidth : struct, IVectorWidth =>
        SkinnyGemm.Outputs<TValue, TWidth>(
            weights, weightsOffset, weightStride, self.Values.Data, firstHead * self.Values.HeadStride, self.Values.HeadStride, offsets.Values, firstToken, known,
            outputs, outputsOffset, heads, rowsPerHead, count, dimension);

    public static void PanelScores<TWidth>(
        in StoredSequences<TLayout, TKey, TValue> self, ArrayView<float> keys, long keysOffset, ArrayView<float> queries, ArrayView<float> scores, int count, int dimension,
        int keyStride, RowOffsetTable offsets, int keyValueHead, int rowsAhead, int dimensionAhead)
        where TWidth : struct, IVectorWidth =>
        PackedGemm.Scores<TValue, TWidth>(
            keys, keysOffset, queries, 0, scores, 0, count, dimension, keyStride,
            self.Values.Data, keyValueHead * self.Values.HeadStride, offsets.Values, 0, rowsAhead, dimensionAhead);

    public static void PanelOutputs<TWidth>(
        in StoredSequences<TLayout, TKey, TValue> self, ArrayView<float> values, long valuesOffset, int blockStride, ArrayView<float> weights, ArrayView<float> factors,
        long factorsOffset, ArrayView<float> outputs, int blocks, int count,
        RowOffsetTable offsets, int keyValueHead, int firstAhead, int rowsAhead, int dimensionAhead)
        where TWidth : struct, IVectorWidth =>
        PackedGemm.Outputs<TKey, TWidth>(
            values, valuesOffset, blockStride, weights, 0, factors, factorsOffset, outputs, 0, blocks, count,
            self.Keys.Data, keyValueHead * self.Keys.HeadStride, offsets.Keys, firstAhead, rowsAhead, dimensionAhead);

    public static void GatherKeys(
        in StoredSequences<TLayout, TKey, TValue> self, RowOffsetTable offsets, int keyValueHead, ArrayView<float> target, int targetStride, int count, int dimension) =>
        TileGather.Rows(self.Keys.Data, keyValueHead * self.Keys.HeadStride, offsets.Keys, 0, target, 0, targetStride, count, dimension);

    public static float GatherValues<TWidth>(
        in StoredSequences<TLayout, TKey, TValue> self, RowOffsetTable offsets, int keyValueHead, ArrayView<float> target, int blockStride, int count, int dimension)
        where TWidth : struct, IVectorWidth =>
        TileGather.Blocks<TValue, TWidth>(self.Values.Data, keyValueHead * self.Values.HeadStride, offsets.Values, 0, target, 0, blockStride, count, dimension);
}
