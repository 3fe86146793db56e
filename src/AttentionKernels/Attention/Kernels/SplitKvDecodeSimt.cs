using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.State;
using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// Few queries against many keys: the keys are split into ranges that work groups take side by side, each leaving partial softmax
/// states, which <see cref="MergeStatesSimt{TElement, TSequences, TMask, TModifier}"/> joins in a fixed order. Simt schedule, for every GPU.
/// </summary>
/// <remarks>
/// <para>Dao et al., "Flash-Decoding for long-context inference", 2023.</para>
/// <para>Tile: a work group of <see cref="Threads"/> threads owns one split of one kv head for up to <see cref="Rows"/> rows: the
/// queries of the query heads that share the kv head, so that keys and values are read once for all of them. It passes over the split in
/// tiles of <see cref="Keys"/> keys:</para>
/// <para>1. scores: keys stream through shared memory, <see cref="PanelDepth"/> dimensions at a time; a thread owns two of the 8 × 32 scores.</para>
/// <para>2. softmax: the first eight threads each own a row's state; all threads take exponents.</para>
/// <para>3. output: a thread owns the columns t, t+128, … of all rows in registers, and reads values from memory in whole lines.</para>
/// </remarks>
internal readonly struct SplitKvDecodeSimt<TElement, TSequences, TMask, TModifier, TBlocks> : IGroupKernel<AttentionArguments<TElement, TSequences, TMask, TModifier>>
    where TElement : unmanaged, IElement<TElement>
    where TSequences : struct, ISequences<TSequences>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
    where TBlocks : struct, IColumnBlocks
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 8;

    /// <summary>Keys of a tile.</summary>
    public const int Keys = 32;

    /// <summary>Output columns of a block: one a thread.</summary>
    public const int BlockColumns = Threads;

    /// <summary>The largest head dimension: four blocks of columns.</summary>
    public const int MaximumHeadDimension = 4 * BlockColumns;

    private const int Threads = 128;
    private const int PanelDepth = 64;
    private const int PanelStride = PanelDepth + 1;

    /// <summary>Bytes of shared memory that a group needs.</summary>
    public const int SharedMemory = sizeof(float) * ((Rows * PanelStride) + (Keys * PanelStride) + (Rows * Keys) + (2 * Rows));

    public static int GroupSize => Threads;

    /// <summary>How many work groups there are.</summary>
    public static long Groups(int batch, int heads, int keyValueHeads, int maximumQueries, int splits) =>
        (long)batch * keyValueHeads * splits * (((heads / keyValueHeads * maximumQueries) + Rows - 1) / Rows);

    public static void Run(AttentionArguments<TElement, TSequences, TMask, TModifier> arguments)
    {
        ArrayView<float> queryPanel = ILGPU.SharedMemory.Allocate<float>(Rows * PanelStride);
        ArrayView<float> keyPanel = ILGPU.SharedMemory.Allocate<float>(Keys * PanelStride);
        ArrayView<float> weights = ILGPU.SharedMemory.Allocate<float>(Rows * Keys);
        ArrayView<float> maxima = ILGPU.SharedMemory.Allocate<float>(Rows);
        ArrayView<float> factors = ILGPU.SharedMemory.Allocate<float>(Rows);

        int headsPerGroup = arguments.Heads / arguments.KeyValueHeads;
        int rowTiles = ((headsPerGroup * arguments.MaximumQueries) + Rows - 1) / Rows;
        int group = Grid.IdxX;
        int split = group % arguments.Splits;
        int firstRow = group / arguments.Splits % rowTiles * Rows;
        int keyValueHead = group / arguments.Splits / rowTiles % arguments.KeyValueHeads;
        int batch = group / arguments.Splits / rowTiles / arguments.KeyValueHeads;
        int queryLength = TSequences.QueryLength(arguments.Sequences, batch);
        int keyLength = TSequences.KeyLength(arguments.Sequences, batch);

        // No return where a short sequence leaves no rows: some OpenCL compilers build wrong code for a return before a barrier.
        int rows = arguments.LeavesStates(batch) ? Math.Min(Rows, (headsPerGroup * queryLength) - firstRow) : 0;
        int firstQuery = firstRow / headsPerGroup;
        int lastQuery = (firstRow + rows - 1) / headsPerGroup;
        int splitStart = (int)Math.Min((long)split * arguments.SplitLength, keyLength);
        int splitEnd = (int)Math.Min((long)splitStart + arguments.SplitLength, keyLength);
        KeyRange keys = rows > 0
            ? arguments.Range(batch, firstQuery, lastQuery).Clip(splitStart, splitEnd)
            : default;

        int thread = Group.IdxX;
        SoftmaxState state = SoftmaxState.Empty;
        RegisterRow upper0 = default, lower0 = default, upper1 = default, lower1 = default;
        RegisterRow upper2 = default, lower2 = default, upper3 = default, lower3 = default;

        for (int firstKey = keys.First; firstKey < keys.End; firstKey += Keys)
        {
            int keyCount = Math.Min(Keys, keys.End - firstKey);
            Scores(arguments, queryPanel, keyPanel, weights, batch, keyValueHead, firstRow, rows, firstKey, keyCount);
            state = Softmax(state, weights, maxima, factors);

            var upperFactors = new RegisterRow(factors[0], factors[1], factors[2], factors[3]);
            var lowerFactors = new RegisterRow(factors[4], factors[5], factors[6], factors[7]);
            upper0 = Product(upper0, upperFactors);
            lower0 = Product(lower0, lowerFactors);
            if (TBlocks.Count > 1)
            {
                upper1 = Product(upper1, upperFactors);
                lower1 = Product(lower1, lowerFactors);
            }

            if (TBlocks.Count > 2)
            {
                upper2 = Product(upper2, upperFactors);
                lower2 = Product(lower2, lowerFactors);
                upper3 = Product(upper3, upperFactors);
                lower3 = Product(lower3, lowerFactors);
            }

            for (int key = 0; key < keyCount; key++)
            {
                long valueRow = TSequences.ValueRow(arguments.Sequences, batch, firstKey + key, keyValueHead);
                float scale = TSequences.ValueScale(arguments.Sequences, batch, firstKey + key, keyValueHead);
                var upper = new RegisterRow(weights[key], weights[Keys + key], weights[(2 * Keys) + key], weights[(3 * Keys) + key]);
                var lower = new RegisterRow(weights[(4 * Keys) + key], weights[(5 * Keys) + key], weights[(6 * Keys) + key], weights[(7 * Keys) + key]);
                float value = Value(arguments, valueRow, scale, thread);
                upper0 = AddWeighted(upper0, upper, value);
                lower0 = AddWeighted(lower0, lower, value);
                if (TBlocks.Count > 1)
                {
                    value = Value(arguments, valueRow, scale, thread + BlockColumns);
                    upper1 = AddWeighted(upper1, upper, value);
                    lower1 = AddWeighted(lower1, lower, value);
                }

                if (TBlocks.Count > 2)
                {
                    value = Value(arguments, valueRow, scale, thread + (2 * BlockColumns));
                    upper2 = AddWeighted(upper2, upper, value);
                    lower2 = AddWeighted(lower2, lower, value);
                    value = Value(arguments, valueRow, scale, thread + (3 * BlockColumns));
                    upper3 = AddWeighted(upper3, upper, value);
                    lower3 = AddWeighted(lower3, lower, value);
                }
            }
        }

        StoreState(arguments, state, batch, keyValueHead, firstRow, rows, split);
        StoreColumn(arguments, upper0, lower0, batch, keyValueHead, firstRow, rows, split, thread);
        if (TBlocks.Count > 1)
            StoreColumn(arguments, upper1, lower1, batch, keyValueHead, firstRow, rows, split, thread + BlockColumns);
        if (TBlocks.Count > 2)
        {
            StoreColumn(arguments, upper2, lower2, batch, keyValueHead, firstRow, rows, split, thread + (2 * BlockColumns));
            StoreColumn(arguments, upper3, lower3, batch, keyValueHead, firstRow, rows, split, thread + (3 * BlockColumns));
        }
    }

    private static void Scores(
        AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, ArrayView<float> queryPanel, ArrayView<float> keyPanel, ArrayView<float> weights,
        int batch, int keyValueHead, int firstRow, int rows, int firstKey, int keyCount)
    {
        int headsPerGroup = arguments.Heads / arguments.KeyValueHeads;
        int ownKey = Group.IdxX % Keys;
        int ownRow = Group.IdxX / Keys;
        const int OtherRow = Threads / Keys;
        float product = 0f;
        float otherProduct = 0f;
        for (int firstDimension = 0; firstDimension < arguments.HeadDimension; firstDimension += PanelDepth)
        {
            int depths = Math.Min(PanelDepth, arguments.HeadDimension - firstDimension);
            for (int element = Group.IdxX; element < Rows * PanelDepth; element += Threads)
            {
                int row = element / PanelDepth;
                int depth = element % PanelDepth;
                float query = 0f;
                if (row < rows && depth < depths)
                {
                    int head = (keyValueHead * headsPerGroup) + ((firstRow + row) % headsPerGroup);
                    query = TElement.Widen(arguments.Query[TSequences.QueryOffset(arguments.Sequences, batch, (firstRow + row) / headsPerGroup)
                        + (head * arguments.QueryHeadStride) + firstDimension + depth]);
                }

                queryPanel[(row * PanelStride) + depth] = query;
            }

            for (int element = Group.IdxX; element < Keys * PanelDepth; element += Threads)
            {
                int key = element / PanelDepth;
                int depth = element % PanelDepth;
                float value = 0f;
                if (key < keyCount && depth < depths)
                {
                    value = arguments.KeyNumber(batch, firstKey + key, keyValueHead, firstDimension + depth);
                }

                keyPanel[(key * PanelStride) + depth] = value;
            }

            Group.Barrier();
            for (int depth = 0; depth < depths; depth++)
            {
                float key = keyPanel[(ownKey * PanelStride) + depth];
                product = FusedMultiplyAdd.Fma(queryPanel[(ownRow * PanelStride) + depth], key, product);
                otherProduct = FusedMultiplyAdd.Fma(queryPanel[((ownRow + OtherRow) * PanelStride) + depth], key, otherProduct);
            }

            Group.Barrier();
        }

        StoreScore(arguments, weights, product, batch, keyValueHead, firstRow, ownRow, rows, firstKey, ownKey, keyCount);
        StoreScore(arguments, weights, otherProduct, batch, keyValueHead, firstRow, ownRow + OtherRow, rows, firstKey, ownKey, keyCount);
        Group.Barrier();
    }

    private static void StoreScore(
        AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, ArrayView<float> weights, float product,
        int batch, int keyValueHead, int firstRow, int row, int rows, int firstKey, int ownKey, int keyCount)
    {
        int headsPerGroup = arguments.Heads / arguments.KeyValueHeads;

        // Outside the tile the variant is asked about a position inside, since it may look things up by it, and the answer is not used.
        bool inside = row < rows && ownKey < keyCount;
        int ownRow = firstRow + Math.Min(row, rows - 1);
        int head = (keyValueHead * headsPerGroup) + (ownRow % headsPerGroup);
        Position first = TSequences.Position(arguments.Sequences, batch, head, ownRow / headsPerGroup);
        float score = arguments.Score(product, first, firstKey + Math.Min(ownKey, keyCount - 1));
        weights[(row * Keys) + ownKey] = inside ? score : float.NegativeInfinity;
    }

    /// <summary>Turns scores into weights, −1 where masked; thread r of the first eight returns row r's new state, the others their old one.</summary>
    private static SoftmaxState Softmax(SoftmaxState state, ArrayView<float> weights, ArrayView<float> maxima, ArrayView<float> factors)
    {
        int thread = Group.IdxX;
        float rescale = 1f;
        if (thread < Rows)
        {
            float maximum = state.Maximum;
            for (int key = 0; key < Keys; key++)
                maximum = SoftmaxState.Larger(maximum, weights[(thread * Keys) + key]);
            rescale = state.Rescale(maximum);
            maxima[thread] = maximum;
            factors[thread] = rescale;
        }

        Group.Barrier();
        for (int element = thread; element < Rows * Keys; element += Threads)
        {
            float score = weights[element];
            weights[element] = score == float.NegativeInfinity ? -1f : SoftmaxState.Weight(score, maxima[element / Keys]);
        }

        Group.Barrier();
        if (thread < Rows)
        {
            float sum = 0f;
            for (int key = 0; key < Keys; key++)
            {
                float weight = weights[(thread * Keys) + key];
                if (!(weight < 0f))
                    sum += weight;
            }

            state = new SoftmaxState(maxima[thread], (state.Sum * rescale) + sum);
        }

        return state;
    }

    private static RegisterRow Product(RegisterRow left, RegisterRow right) =>
        new(left.A * right.A, left.B * right.B, left.C * right.C, left.D * right.D);

    private static RegisterRow AddWeighted(RegisterRow output, RegisterRow weights, float value) => new(
        AddWeighted(output.A, weights.A, value),
        AddWeighted(output.B, weights.B, value),
        AddWeighted(output.C, weights.C, value),
        AddWeighted(output.D, weights.D, value));

    private static float AddWeighted(float output, float weight, float value) =>
        weight < 0f ? output : FusedMultiplyAdd.Fma(weight, value, output);

    private static float Value(AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, long valueRow, float scale, int column) =>
        column < arguments.ValueDimension ? scale * TSequences.Value(arguments.Sequences, valueRow, column) : 0f;

    private static void StoreState(
        AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, SoftmaxState state, int batch, int keyValueHead, int firstRow, int rows, int split)
    {
        int row = Group.IdxX;
        if (row >= rows)
            return;
        long offset = StateOffset(arguments, batch, keyValueHead, firstRow + row, split);
        arguments.Workspace[offset + arguments.ValueDimension] = state.Maximum;
        arguments.Workspace[offset + arguments.ValueDimension + 1] = state.Sum;
    }

    private static void StoreColumn(
        AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, RegisterRow upper, RegisterRow lower,
        int batch, int keyValueHead, int firstRow, int rows, int split, int column)
    {
        if (column >= arguments.ValueDimension)
            return;
        StoreElement(arguments, upper.A, batch, keyValueHead, firstRow, 0, rows, split, column);
        StoreElement(arguments, upper.B, batch, keyValueHead, firstRow, 1, rows, split, column);
        StoreElement(arguments, upper.C, batch, keyValueHead, firstRow, 2, rows, split, column);
        StoreElement(arguments, upper.D, batch, keyValueHead, firstRow, 3, rows, split, column);
        StoreElement(arguments, lower.A, batch, keyValueHead, firstRow, 4, rows, split, column);
        StoreElement(arguments, lower.B, batch, keyValueHead, firstRow, 5, rows, split, column);
        StoreElement(arguments, lower.C, batch, keyValueHead, firstRow, 6, rows, split, column);
        StoreElement(arguments, lower.D, batch, keyValueHead, firstRow, 7, rows, split, column);
    }

    private static void StoreElement(
        AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, float value,
        int batch, int keyValueHead, int firstRow, int row, int rows, int split, int column)
    {
        if (row < rows)
            arguments.Workspace[StateOffset(arguments, batch, keyValueHead, firstRow + row, split) + column] = value;
    }

    private static long StateOffset(AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int batch, int keyValueHead, int row, int split)
    {
        int headsPerGroup = arguments.Heads / arguments.KeyValueHeads;
        return StateWorkspace.Offset(arguments, batch, (keyValueHead * headsPerGroup) + (row % headsPerGroup), row / headsPerGroup,
            TSequences.FirstState(arguments.Sequences, batch) + split);
    }
}
