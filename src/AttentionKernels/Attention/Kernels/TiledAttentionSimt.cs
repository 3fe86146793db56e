using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.State;
using AttentionKernels.Formats;
using AttentionKernels.Launching;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// O = softmax(Q·Kᵀ·scale)·V by online softmax over key tiles, without a buffer of scores; Simt schedule, for every GPU.
/// </summary>
/// <remarks>
/// <para>Dao, "FlashAttention-2: Faster Attention with Better Parallelism and Work Partitioning", 2023.</para>
/// <para>Tile: a work group of 16 × 16 threads owns <see cref="Rows"/> query rows of one head and passes over the keys in tiles of
/// <see cref="Keys"/>. For each of them:</para>
/// <para>1. scores: thread (y, x) owns the rows 4y…4y+3 and the keys x, x+16, x+32, x+48, a 4 × 4 tile in registers; queries and keys
/// stream through shared memory, <see cref="PanelDepth"/> dimensions at a time, transposed and padded against bank conflicts.</para>
/// <para>2. softmax: four threads a row; each keeps the row's state in registers, all four alike.</para>
/// <para>3. output: values stream through the same shared memory, <see cref="BlockColumns"/> columns at a time; thread (y, x) owns its
/// four rows of the columns x, x+16, x+32, x+48 of each block, a register tile a block.</para>
/// <para>Shared memory: 33.8 KiB whatever the head dimension. Weights of masked keys are −1 there and are skipped, so that a
/// NaN in a masked value never meets a zero weight.</para>
/// </remarks>
internal readonly struct TiledAttentionSimt<TElement, TSequences, TMask, TModifier, TBlocks> : IGroupKernel<AttentionArguments<TElement, TSequences, TMask, TModifier>>
    where TElement : unmanaged, IElement<TElement>
    where TSequences : struct, ISequences<TSequences>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
    where TBlocks : struct, IColumnBlocks
{
    /// <summary>Query rows of a tile.</summary>
    public const int Rows = 64;

    /// <summary>Keys of a tile.</summary>
    public const int Keys = 64;

    /// <summary>Output columns of a block.</summary>
    public const int BlockColumns = 64;

    private const int PanelDepth = 32;
    private const int PanelStride = 65;
    private const int PanelLength = PanelDepth * PanelStride;
    private const int Side = 16;
    private const int ThreadsPerRow = 4;
    private const int WeightStride = Keys + 1;

    /// <summary>Bytes of shared memory that a group needs.</summary>
    public const int SharedMemory = sizeof(float) * ((2 * PanelLength) + (Rows * WeightStride) + (Rows * ThreadsPerRow) + Rows);

    public static int GroupSize => Side * Side;

    /// <summary>How many work groups there are.</summary>
    public static long Groups(int batch, int heads, int maximumQueries) => (long)batch * heads * ((maximumQueries + Rows - 1) / Rows);

    public static void Run(AttentionArguments<TElement, TSequences, TMask, TModifier> arguments)
    {
        ArrayView<float> panels = ILGPU.SharedMemory.Allocate<float>(2 * PanelLength);
        ArrayView<float> weights = ILGPU.SharedMemory.Allocate<float>(Rows * WeightStride);
        ArrayView<float> partials = ILGPU.SharedMemory.Allocate<float>(Rows * ThreadsPerRow);
        ArrayView<float> factors = ILGPU.SharedMemory.Allocate<float>(Rows);

        int queryTiles = (arguments.MaximumQueries + Rows - 1) / Rows;
        int group = Grid.IdxX;
        int firstQuery = group % queryTiles * Rows;
        int head = group / queryTiles % arguments.Heads;
        int batch = group / queryTiles / arguments.Heads;
        int queryLength = TSequences.QueryLength(arguments.Sequences, batch);

        // A group past the end of a short sequence has no rows and takes no keys. It does not return here: some OpenCL compilers take a
        // return before a barrier for one that threads of a group may differ in, and build wrong code.
        // Neither has one of a sequence whose keys are split, which is another kernel's.
        int rows = arguments.LeavesStates(batch) ? 0 : Math.Min(Rows, queryLength - firstQuery);
        KeyRange keys = rows > 0
            ? arguments.Range(batch, firstQuery, firstQuery + rows - 1)
            : default;

        int thread = Group.IdxX;
        int x = thread % Side;
        int y = thread / Side;
        SoftmaxState state = SoftmaxState.Empty;
        RegisterTile block0 = default, block1 = default, block2 = default, block3 = default;
        RegisterTile block4 = default, block5 = default, block6 = default, block7 = default;

        for (int firstKey = keys.First; firstKey < keys.End; firstKey += Keys)
        {
            int keyCount = Math.Min(Keys, keys.End - firstKey);
            RegisterTile products = Products(arguments, panels, batch, head, firstQuery, rows, firstKey, keyCount);
            StoreScores(arguments, weights, products, batch, head, firstQuery, rows, firstKey, keyCount);
            Group.Barrier();
            state = Softmax(state, weights, partials, factors);

            var rescale = new RegisterRow(factors[4 * y], factors[(4 * y) + 1], factors[(4 * y) + 2], factors[(4 * y) + 3]);
            block0 = Accumulate(arguments, panels, weights, block0.Scale(rescale), batch, head, firstKey, keyCount, 0);
            if (TBlocks.Count > 1)
                block1 = Accumulate(arguments, panels, weights, block1.Scale(rescale), batch, head, firstKey, keyCount, 1);
            if (TBlocks.Count > 2)
            {
                block2 = Accumulate(arguments, panels, weights, block2.Scale(rescale), batch, head, firstKey, keyCount, 2);
                block3 = Accumulate(arguments, panels, weights, block3.Scale(rescale), batch, head, firstKey, keyCount, 3);
            }

            if (TBlocks.Count > 4)
            {
                block4 = Accumulate(arguments, panels, weights, block4.Scale(rescale), batch, head, firstKey, keyCount, 4);
                block5 = Accumulate(arguments, panels, weights, block5.Scale(rescale), batch, head, firstKey, keyCount, 5);
                block6 = Accumulate(arguments, panels, weights, block6.Scale(rescale), batch, head, firstKey, keyCount, 6);
                block7 = Accumulate(arguments, panels, weights, block7.Scale(rescale), batch, head, firstKey, keyCount, 7);
            }
        }

        int ownRow = thread / ThreadsPerRow;
        if (thread % ThreadsPerRow == 0)
        {
            factors[ownRow] = state.Normalizer();
            if (ownRow < rows)
                arguments.StoreLogSumExp(batch, head, firstQuery + ownRow, state);
        }

        Group.Barrier();
        var normalizers = new RegisterRow(factors[4 * y], factors[(4 * y) + 1], factors[(4 * y) + 2], factors[(4 * y) + 3]);
        Store(arguments, block0.Scale(normalizers), batch, head, firstQuery, rows, x, y);
        if (TBlocks.Count > 1)
            Store(arguments, block1.Scale(normalizers), batch, head, firstQuery, rows, x + BlockColumns, y);
        if (TBlocks.Count > 2)
        {
            Store(arguments, block2.Scale(normalizers), batch, head, firstQuery, rows, x + (2 * BlockColumns), y);
            Store(arguments, block3.Scale(normalizers), batch, head, firstQuery, rows, x + (3 * BlockColumns), y);
        }

        if (TBlocks.Count > 4)
        {
            Store(arguments, block4.Scale(normalizers), batch, head, firstQuery, rows, x + (4 * BlockColumns), y);
            Store(arguments, block5.Scale(normalizers), batch, head, firstQuery, rows, x + (5 * BlockColumns), y);
            Store(arguments, block6.Scale(normalizers), batch, head, firstQuery, rows, x + (6 * BlockColumns), y);
            Store(arguments, block7.Scale(normalizers), batch, head, firstQuery, rows, x + (7 * BlockColumns), y);
        }
    }

    /// <summary>The thread's 4 × 4 tile of Q·Kᵀ.</summary>
    private static RegisterTile Products(
        AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, ArrayView<float> panels,
        int batch, int head, int firstQuery, int rows, int firstKey, int keyCount)
    {
        int x = Group.IdxX % Side;
        int y = Group.IdxX / Side;
        long queryHead = head * arguments.QueryHeadStride;
        int keyValueHead = arguments.KeyValueHead(head);
        RegisterTile products = default;
        for (int firstDimension = 0; firstDimension < arguments.HeadDimension; firstDimension += PanelDepth)
        {
            // The panels may still be read as the previous step's values.
            Group.Barrier();
            for (int element = Group.IdxX; element < Rows * PanelDepth; element += Side * Side)
            {
                int token = element / PanelDepth;
                int depth = element % PanelDepth;
                int dimension = firstDimension + depth;
                bool inside = dimension < arguments.HeadDimension;
                float query = 0f;
                if (inside && token < rows)
                    query = TElement.Widen(arguments.Query[TSequences.QueryOffset(arguments.Sequences, batch, firstQuery + token) + queryHead + dimension]);
                float key = 0f;
                if (inside && token < keyCount)
                    key = arguments.KeyNumber(batch, firstKey + token, keyValueHead, dimension);
                panels[(depth * PanelStride) + token] = query;
                panels[PanelLength + (depth * PanelStride) + token] = key;
            }

            Group.Barrier();
            for (int depth = 0; depth < PanelDepth; depth++)
            {
                int queries = (depth * PanelStride) + (4 * y);
                int keyColumn = PanelLength + (depth * PanelStride) + x;
                products = products.MultiplyAdd(
                    new RegisterRow(panels[queries], panels[queries + 1], panels[queries + 2], panels[queries + 3]),
                    new RegisterRow(panels[keyColumn], panels[keyColumn + Side], panels[keyColumn + (2 * Side)], panels[keyColumn + (3 * Side)]));
            }
        }

        return products;
    }

    private static void StoreScores(
        AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, ArrayView<float> weights, RegisterTile products,
        int batch, int head, int firstQuery, int rows, int firstKey, int keyCount)
    {
        StoreScoreRow(arguments, weights, products.Row0, 0, batch, head, firstQuery, rows, firstKey, keyCount);
        StoreScoreRow(arguments, weights, products.Row1, 1, batch, head, firstQuery, rows, firstKey, keyCount);
        StoreScoreRow(arguments, weights, products.Row2, 2, batch, head, firstQuery, rows, firstKey, keyCount);
        StoreScoreRow(arguments, weights, products.Row3, 3, batch, head, firstQuery, rows, firstKey, keyCount);
    }

    private static void StoreScoreRow(
        AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, ArrayView<float> weights, RegisterRow products, int ownRow,
        int batch, int head, int firstQuery, int rows, int firstKey, int keyCount)
    {
        int x = Group.IdxX % Side;
        int row = (4 * (Group.IdxX / Side)) + ownRow;
        int target = (row * WeightStride) + x;
        weights[target] = Score(arguments, products.A, batch, head, firstQuery, row, rows, firstKey, x, keyCount);
        weights[target + Side] = Score(arguments, products.B, batch, head, firstQuery, row, rows, firstKey, x + Side, keyCount);
        weights[target + (2 * Side)] = Score(arguments, products.C, batch, head, firstQuery, row, rows, firstKey, x + (2 * Side), keyCount);
        weights[target + (3 * Side)] = Score(arguments, products.D, batch, head, firstQuery, row, rows, firstKey, x + (3 * Side), keyCount);
    }

    private static float Score(
        AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, float product,
        int batch, int head, int firstQuery, int row, int rows, int firstKey, int ownKey, int keyCount)
    {
        // Outside the tile the variant is asked about a position inside, since it may look things up by it, and the answer is not used.
        bool inside = row < rows && ownKey < keyCount;
        Position first = TSequences.Position(arguments.Sequences, batch, head, firstQuery + Math.Min(row, rows - 1));
        float score = arguments.Score(product, first, firstKey + Math.Min(ownKey, keyCount - 1));
        return inside ? score : float.NegativeInfinity;
    }

    /// <summary>Turns the tile's scores into weights, leaves what older outputs are scaled by in <paramref name="factors"/>, and returns the row's new state.</summary>
    private static SoftmaxState Softmax(SoftmaxState state, ArrayView<float> weights, ArrayView<float> partials, ArrayView<float> factors)
    {
        const int Share = Keys / ThreadsPerRow;
        int row = Group.IdxX / ThreadsPerRow;
        int first = (row * WeightStride) + (Group.IdxX % ThreadsPerRow * Share);
        float maximum = float.NegativeInfinity;
        for (int key = 0; key < Share; key++)
            maximum = SoftmaxState.Larger(maximum, weights[first + key]);
        partials[Group.IdxX] = maximum;
        Group.Barrier();
        maximum = state.Maximum;
        for (int part = 0; part < ThreadsPerRow; part++)
            maximum = SoftmaxState.Larger(maximum, partials[(row * ThreadsPerRow) + part]);
        Group.Barrier();

        float sum = 0f;
        for (int key = 0; key < Share; key++)
        {
            float score = weights[first + key];
            float weight = SoftmaxState.Weight(score, maximum);
            weights[first + key] = score == float.NegativeInfinity ? -1f : weight;
            sum += weight;
        }

        partials[Group.IdxX] = sum;
        float rescale = state.Rescale(maximum);
        factors[row] = rescale;
        Group.Barrier();
        sum = state.Sum * rescale;
        for (int part = 0; part < ThreadsPerRow; part++)
            sum += partials[(row * ThreadsPerRow) + part];
        return new SoftmaxState(maximum, sum);
    }

    /// <summary>The thread's tile of one block of columns, with the tile's weighted values added.</summary>
    private static RegisterTile Accumulate(
        AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, ArrayView<float> panels, ArrayView<float> weights, RegisterTile output,
        int batch, int head, int firstKey, int keyCount, int block)
    {
        int x = Group.IdxX % Side;
        int y = Group.IdxX / Side;
        int keyValueHead = arguments.KeyValueHead(head);
        Group.Barrier();
        for (int element = Group.IdxX; element < Keys * BlockColumns; element += Side * Side)
        {
            int key = element / BlockColumns;
            int dimension = (block * BlockColumns) + (element % BlockColumns);
            float value = 0f;
            if (key < keyCount && dimension < arguments.ValueDimension)
                value = arguments.ValueNumber(batch, firstKey + key, keyValueHead, dimension);
            panels[element] = value;
        }

        Group.Barrier();
        for (int key = 0; key < keyCount; key++)
        {
            int column = (4 * y * WeightStride) + key;
            int values = (key * BlockColumns) + x;
            output = output.MultiplyAddUnlessMasked(
                new RegisterRow(weights[column], weights[column + WeightStride], weights[column + (2 * WeightStride)], weights[column + (3 * WeightStride)]),
                new RegisterRow(panels[values], panels[values + Side], panels[values + (2 * Side)], panels[values + (3 * Side)]));
        }

        return output;
    }

    private static void Store(
        AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, RegisterTile tile,
        int batch, int head, int firstQuery, int rows, int column, int y)
    {
        StoreRow(arguments, tile.Row0, batch, head, firstQuery, rows, column, 4 * y);
        StoreRow(arguments, tile.Row1, batch, head, firstQuery, rows, column, (4 * y) + 1);
        StoreRow(arguments, tile.Row2, batch, head, firstQuery, rows, column, (4 * y) + 2);
        StoreRow(arguments, tile.Row3, batch, head, firstQuery, rows, column, (4 * y) + 3);
    }

    private static void StoreRow(
        AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, RegisterRow values,
        int batch, int head, int firstQuery, int rows, int column, int row)
    {
        if (row >= rows)
            return;
        long output = TSequences.OutputOffset(arguments.Sequences, batch, firstQuery + row) + (head * arguments.OutputHeadStride);
        if (column < arguments.ValueDimension)
            arguments.Output[output + column] = TElement.Narrow(values.A);
        if (column + Side < arguments.ValueDimension)
            arguments.Output[output + column + Side] = TElement.Narrow(values.B);
        if (column + (2 * Side) < arguments.ValueDimension)
            arguments.Output[output + column + (2 * Side)] = TElement.Narrow(values.C);
        if (column + (3 * Side) < arguments.ValueDimension)
            arguments.Output[output + column + (3 * Side)] = TElement.Narrow(values.D);
    }
}
