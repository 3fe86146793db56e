using AttentionKernels.Formats;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>The products of few rows with many tokens against fp64: every edge of the blocks of rows, tokens and columns, in both layouts of heads.</summary>
[Trait("Speed", "Quick")]
public class SkinnyGemmTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly Shape[] _shapes =
    [
        .. from heads in Enumerable.Range(1, 4)
           from rows in Enumerable.Range(1, 9)
           from count in (int[])[.. Enumerable.Range(1, 9), 64]
           select new Shape(heads, rows, count, 1 + (((heads * 29) + (rows * 17) + (count * 7)) % 40)),
        .. from dimension in (int[])[.. Enumerable.Range(1, 70), 128, 127]
           from rows in (int[])[1, 5]
           select new Shape(1 + (dimension % 2), rows, 1 + (dimension % 7), dimension),
    ];

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Scores_are_rows_times_tokens_of_their_heads(Backend backend, int lanes)
    {
        var memory = new CallMemory();
        var calls = new List<(int Rows, int Tokens, int Scores)>();
        foreach (Shape shape in _shapes)
        {
            int rows = memory.PlaceRows(calls.Count, 1, shape.AllRows * shape.Dimension, shape.AllRows * shape.Dimension);
            int tokens = PlaceTokens(memory, calls.Count + 1000, shape);
            int scores = memory.PlaceRows(calls.Count + 2000, shape.AllRows, shape.WeightStride, shape.Count);
            memory.OutputRows(scores, shape.AllRows, shape.WeightStride, shape.Count);
            memory.Call(rows, tokens, scores, memory.PlaceOffsets(shape.Offsets), shape.Known, shape.HeadStride, shape.WeightStride, shape.Heads, shape.Rows, shape.Count, shape.Dimension);
            calls.Add((rows, tokens, scores));
        }

        float[] after = memory.Run<RowScores<StoredFp32>>(Device(backend), lanes);

        foreach (((int rows, int tokens, int scores), Shape shape) in calls.Zip(_shapes))
        {
            for (int element = 0; element < shape.AllRows * shape.Count; element++)
            {
                (int row, int token) = Math.DivRem(element, shape.Count);
                var exact = default(ExactSum);
                for (int index = 0; index < shape.Dimension; index++)
                    exact.Add((double)after[rows + (row * shape.Dimension) + index] * after[tokens + shape.Token(row, token) + index]);
                exact.Verify(after[scores + (row * shape.WeightStride) + token], shape.Dimension, $"Score of row {row} and token {token} of {shape}");
            }
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Outputs_gain_the_weighted_tokens_of_their_heads(Backend backend, int lanes)
    {
        var memory = new CallMemory();
        var calls = new List<(int Weights, int Tokens, int Outputs)>();
        foreach (Shape shape in _shapes)
        {
            int weights = memory.PlaceRows(calls.Count, shape.AllRows, shape.WeightStride, shape.Count);
            int tokens = PlaceTokens(memory, calls.Count + 1000, shape);
            int outputs = memory.PlaceRows(calls.Count + 2000, 1, shape.AllRows * shape.Dimension, shape.AllRows * shape.Dimension);
            memory.Output(outputs, shape.AllRows * shape.Dimension);
            memory.Call(weights, tokens, outputs, memory.PlaceOffsets(shape.Offsets), shape.Known, shape.HeadStride, shape.WeightStride, shape.Heads, shape.Rows, shape.Count, shape.Dimension);
            calls.Add((weights, tokens, outputs));
        }

        float[] before = memory.Before;
        float[] after = memory.Run<RowOutputs<StoredFp32>>(Device(backend), lanes);

        foreach (((int weights, int tokens, int outputs), Shape shape) in calls.Zip(_shapes))
        {
            for (int element = 0; element < shape.AllRows * shape.Dimension; element++)
            {
                (int row, int column) = Math.DivRem(element, shape.Dimension);
                var exact = default(ExactSum);
                exact.Add(before[outputs + element]);
                for (int token = 0; token < shape.Count; token++)
                    exact.Add((double)before[weights + (row * shape.WeightStride) + token] * before[tokens + shape.Token(row, token) + column]);
                exact.Verify(after[outputs + element], shape.Count, $"Output of row {row} and column {column} of {shape}");
            }
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Scores_of_tokens_at_equal_strides_are_those_of_tokens_with_offsets(Backend backend, int lanes)
    {
        var listed = new CallMemory();
        var strided = new CallMemory();
        var calls = new List<(Shape Shape, int Scores)>();
        foreach (Shape shape in _shapes.Where(shape => shape.Heads == 1))
        {
            int stride = shape.Dimension + 3;
            foreach (CallMemory memory in new[] { listed, strided })
            {
                int rows = memory.PlaceRows(calls.Count, 1, shape.Rows * shape.Dimension, shape.Rows * shape.Dimension);
                int tokens = memory.PlaceRows(calls.Count + 1000, shape.Count, stride, shape.Dimension);
                int scores = memory.PlaceRows(calls.Count + 2000, shape.Rows, shape.WeightStride, shape.Count);
                memory.OutputRows(scores, shape.Rows, shape.WeightStride, shape.Count);
                if (memory == strided)
                    memory.Call(rows, tokens, scores, stride, shape.WeightStride, shape.Rows, shape.Count, shape.Dimension);
                else
                    memory.Call(rows, tokens, scores, memory.PlaceOffsets(shape.Count, stride), shape.Count, 0, shape.WeightStride, 1, shape.Rows, shape.Count, shape.Dimension);
                if (memory == strided)
                    calls.Add((shape, scores));
            }
        }

        float[] expected = listed.Run<RowScores<StoredFp32>>(Device(backend), lanes);
        float[] after = strided.Run<RowScoresAtStride<StoredFp32>>(Device(backend), lanes);

        foreach ((Shape shape, int scores) in calls)
        {
            for (int row = 0; row < shape.Rows; row++)
            {
                int first = scores + (row * shape.WeightStride);
                after.AsSpan(first, shape.Count).ToArray().Should().Equal(expected.AsSpan(first, shape.Count).ToArray(), "row {0} of {1}", row, shape);
            }
        }
    }

    // Guard words lie between the heads and between the tokens.
    private static int PlaceTokens(CallMemory memory, int seed, Shape shape)
    {
        int length = ((shape.Count - 1) * shape.TokenStride) + ((shape.Heads - 1) * shape.HeadStride) + shape.Dimension;
        float[] elements = RandomData.Normal(seed, length);
        float[] tokens = [.. Enumerable.Repeat(CallMemory.Guard, length)];
        for (int head = 0; head < shape.Heads; head++)
        {
            for (int token = 0; token < shape.Count; token++)
            {
                int first = shape.Token(head * shape.Rows, token);
                elements.AsSpan(first, shape.Dimension).CopyTo(tokens.AsSpan(first));
            }
        }

        return memory.Place(tokens);
    }

    /// <summary>Sizes of a call; odd counts have the heads of a token side by side, even ones the tokens of a head. Tokens lie in any order.</summary>
    private sealed record Shape(int Heads, int Rows, int Count, int Dimension)
    {
        public int AllRows => Heads * Rows;

        public int WeightStride => Count + (Dimension % 3);

        public int TokenStride => HeadsInside ? (Heads * HeadStride) + 2 : Dimension + (Rows % 3);

        public int HeadStride => HeadsInside ? Dimension + (Rows % 2) : (Count * TokenStride) + 5;

        private bool HeadsInside => Count % 2 == 1;

        /// <summary>The tokens that are known of: at times more than are taken, the first ones again.</summary>
        public int Known => Count + (Dimension % 7);

        public IEnumerable<long> Offsets => Enumerable.Range(0, Known).Select(token => (long)Place(token % Count) * TokenStride);

        public int Token(int row, int token) => (Place(token) * TokenStride) + (row / Rows * HeadStride);

        // Backwards, by an odd step where that reaches all of them.
        private int Place(int token) => Count % 3 == 0 ? Count - 1 - token : (Count - 1 + (3 * token)) % Count;
    }
}
