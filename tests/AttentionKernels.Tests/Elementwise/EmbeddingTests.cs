using AttentionKernels.Tests.BadInput;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Elementwise;

/// <summary>Rows of a table of embeddings are looked up, and the gradients of what was looked up come back to them, exactly in every format, size and stride.</summary>
public class EmbeddingTests(TestDevices devices) : DeviceTests(devices)
{
    // Some of which are no row of a table of five.
    private static readonly int[] _indices = [4, 0, 0, -1, 3, 5, 2, int.MinValue, 1, int.MaxValue, 4, 2];

    [Theory, EachBackend]
    public void Rows_of_a_table_are_looked_up(Backend backend)
    {
        VerifyLookup(backend, StoredType.Float32);
        VerifyLookup(backend, StoredType.Float16);
        VerifyLookup(backend, StoredType.BFloat16);
    }

    [Theory, EachBackend]
    public void Gradients_of_fp32_are_added_to_the_rows_that_indices_name(Backend backend) => VerifyGradient(backend, StoredType.Float32);

    [Theory, EachBackend]
    public void Gradients_of_fp16_are_added_to_the_rows_that_indices_name(Backend backend) => VerifyGradient(backend, StoredType.Float16);

    [Theory, EachBackend]
    public void Gradients_of_bf16_are_added_to_the_rows_that_indices_name(Backend backend) => VerifyGradient(backend, StoredType.BFloat16);

    // ⟨g, lookup(t)⟩ = ⟨gradient(g), t⟩ for any table t and any gradient g of what was looked up.
    [Theory, EachBackend]
    public void The_gradient_is_the_adjoint_of_the_lookup(Backend backend)
    {
        const int Tokens = 1500;
        AttentionDevice device = Device(backend);
        int[] named = [.. RandomData.Uniform(1, Tokens, -1f, 41f).Select(number => (int)MathF.Floor(number))];
        float[] numbers = Integers(2, 40 * 20);
        float[] gradients = Integers(3, Tokens * 20);
        using Tensor<int> indices = device.Upload(named, [Tokens]);
        using Tensor<float> table = device.Upload(numbers, [40, 20]);
        using Tensor<float> gradient = device.Upload(gradients, [Tokens, 20]);
        using Tensor<float> found = device.Allocate<float>([Tokens, 20]);
        using Tensor<float> tableGradient = device.Upload(new float[40 * 20], [40, 20]);

        device.EmbeddingLookup(table, indices, found);
        device.EmbeddingGradient(indices, gradient, tableGradient);

        double left = found.ToArray().Zip(gradients, (a, b) => float.IsNaN(a) ? 0.0 : (double)a * b).Sum();
        double right = tableGradient.ToArray().Zip(numbers, (a, b) => (double)a * b).Sum();
        left.Should().Be(right).And.NotBe(0);
    }

    [Theory, EachBackend]
    public void Sums_have_twice_the_precision_and_are_rounded_once(Backend backend)
    {
        AttentionDevice device = Device(backend);
        const int Tokens = 3002;
        using Tensor<int> indices = device.Upload(new int[Tokens], [Tokens]);
        foreach (int columns in (int[])[5, 8, 516])
        {
            // What cancels in the end swallows all between in a plain sum; and beyond 2048, fp16 has no odd numbers.
            float[] rows = [.. Enumerable.Range(0, Tokens).SelectMany(token => Enumerable.Repeat(token == 0 ? 1e9f : token == Tokens - 1 ? -1e9f : 1f, columns))];
            using Tensor<float> gradient = device.Upload(rows, [Tokens, columns]);
            using Tensor<float> table = device.Upload(new float[columns], [1, columns]);
            using Tensor<Half> halves = device.Upload(StoredType.Float16.Store([.. Enumerable.Repeat(1f, Tokens * columns)]), [Tokens, columns]);
            using Tensor<Half> halfTable = device.Upload(new Half[columns], [1, columns]);

            device.EmbeddingGradient(indices, gradient, table);
            device.EmbeddingGradient(indices, halves, halfTable, NumberFormat.Float16);

            table.ToArray().Should().OnlyContain(sum => sum == Tokens - 2);
            halfTable.ToArray().Should().OnlyContain(sum => (float)sum == Tokens);
        }
    }

    [Theory, EachBackend]
    public void Infinities_stay_and_a_NaN_reaches_its_place_alone(Backend backend)
    {
        AttentionDevice device = Device(backend);
        foreach (int columns in (int[])[5, 8, 36])
        {
            float[] rows = [.. Enumerable.Repeat(1f, 3 * columns)];
            rows[0] = float.PositiveInfinity;
            rows[columns + 1] = float.NaN;
            rows[(2 * columns) + 2] = float.NegativeInfinity;
            rows[3] = rows[columns + 3] = float.MaxValue;
            using Tensor<int> indices = device.Upload([1, 1, 1], [3]);
            using Tensor<float> gradient = device.Upload(rows, [3, columns]);
            using Tensor<float> table = device.Upload(new float[2 * columns], [2, columns]);

            device.EmbeddingGradient(indices, gradient, table);

            float[] sums = table.ToArray();
            sums[..columns].Should().OnlyContain(number => number == 0f);
            sums[columns..(columns + 4)].Should().Equal(float.PositiveInfinity, float.NaN, float.NegativeInfinity, float.PositiveInfinity);
            sums[(columns + 4)..].Should().OnlyContain(number => number == 3f);
        }
    }

    [Theory, EachBackend]
    public void Sums_repeat_bit_for_bit(Backend backend)
    {
        const int Tokens = 700;
        AttentionDevice device = Device(backend);
        using Tensor<int> indices = device.Upload([.. Enumerable.Range(0, Tokens).Select(token => token * token % 13)], [Tokens]);
        using Tensor<float> gradient = device.Upload(RandomData.Normal(1, Tokens * 70), [Tokens, 70]);
        float[][] results = [.. Enumerable.Range(0, 3).Select(_ =>
        {
            using Tensor<float> table = device.Upload(new float[13 * 70], [13, 70]);
            device.EmbeddingGradient(indices, gradient, table);
            return table.ToArray();
        })];

        results[1].Should().Equal(results[0]);
        results[2].Should().Equal(results[0]);
    }

    [Theory, EachBackend]
    public void A_wrong_call_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var table = GuardedTensor<float>.Of(device, Integers(1, 6 * 4), [6, 4]);
        using var found = GuardedTensor<float>.Poisoned(device, [2, 4]);
        using var added = GuardedTensor<float>.Poisoned(device, [6, 4]);
        using Tensor<float> cube = device.Allocate<float>([2, 3, 4]);
        using Tensor<float> wide = device.Allocate<float>([6, 5]);
        using Tensor<float> gradient = device.Upload(Integers(2, 2 * 4), [2, 4]);
        using Tensor<int> indices = device.Upload([0, 1], [2]);
        using Tensor<int> four = device.Upload([0, 1, 0, 1], [4]);
        TensorView<int> everySecond = new(four.View.Data, [2], [2]);
        TensorView<int> deep = new(four.View.Data, [1, 1, 1, 1, 1, 1, 1, 2]);
        using Tensor<float> large = device.Allocate<float>([80]);
        TensorView<float> gaps = new(large.View.Data, [6, 4], [9, 1]);
        TensorView<float> between = new(large.View.Data.SubView(2), [2, 4]);
        TensorView<float> repeated = new(large.View.Data, [6, 4], [0, 1]);
        TensorView<float> spaced = new(large.View.Data.SubView(60), [2, 4], [6, 1]);
        TensorView<float> asNumbers = new(four.View.Data.Cast<float>(), [1, 4]);
        TensorView<int> atStart = new(four.View.Data, [1]);

        Lookup<ArgumentException>(() => device.EmbeddingLookup(gaps, indices, between), "*'output' overlaps 'table'*");
        Lookup<ArgumentException>(() => device.EmbeddingLookup(table, everySecond, found), "*'indices'*last must be 1*");
        Lookup<ArgumentException>(() => device.EmbeddingLookup(table, deep, found), "*'indices'*at most 7*");
        Lookup<ArgumentException>(() => device.EmbeddingLookup(cube, indices, found), "*'table'*[rows, columns]*");
        Lookup<ArgumentException>(() => device.EmbeddingLookup(wide, indices, found), "*'output'*[2, 4]*[2, 5]*");
        Lookup<ArgumentException>(() => device.EmbeddingLookup(table, indices, spaced), "*'output'*must be dense*");
        Lookup<ArgumentException>(() => device.EmbeddingLookup(table, indices, table.View.Slice(0, 0, 2)), "*'output'*'table'*");

        Gradient<ArgumentException>(() => device.EmbeddingGradient(indices, between, gaps), "*'tableGradient' overlaps 'outputGradient'*");
        Gradient<ArgumentException>(() => device.EmbeddingGradient(atStart, new TensorView<float>(large.View.Data, [1, 4]), asNumbers), "*'tableGradient' overlaps 'indices'*");
        Gradient<ArgumentException>(() => device.EmbeddingGradient(everySecond, gradient, added), "*'indices'*last must be 1*");
        Gradient<ArgumentException>(() => device.EmbeddingGradient(deep, gradient, added), "*'indices'*at most 7*");
        Gradient<ArgumentException>(() => device.EmbeddingGradient(indices, gradient, cube), "*'tableGradient'*[rows, columns]*");
        Gradient<ArgumentException>(() => device.EmbeddingGradient(indices, gradient, wide), "*'outputGradient'*[2, 4]*[2, 5]*");
        Gradient<ArgumentException>(() => device.EmbeddingGradient(indices, spaced, added), "*'outputGradient'*must be dense*");
        Gradient<ArgumentException>(() => device.EmbeddingGradient(indices, gradient, repeated), "*'tableGradient'*must not share memory*");
        Gradient<ArgumentNullException>(() => device.EmbeddingGradient(indices, gradient, added, (NumberFormat<float>)null!), "*format*");

        void Lookup<TException>(Action wrong, string says)
            where TException : Exception =>
            WrongCall.Verify<TException>(device, [found], () => device.EmbeddingLookup(table, indices, found), wrong, says);

        void Gradient<TException>(Action wrong, string says)
            where TException : Exception =>
            WrongCall.Verify<TException>(device, [added], Add, wrong, says);

        void Add()
        {
            added.View.CopyFrom(new float[6 * 4]);
            device.EmbeddingGradient(indices, gradient, added);
        }
    }

    private static float[] Integers(int seed, int count) => [.. RandomData.Uniform(seed, count, -8f, 8f).Select(number => MathF.Round(number))];

    private void VerifyLookup<T>(Backend backend, StoredType<T> type)
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        foreach (int columns in (int[])[1, 6, 8, 36, 515])
        {
            foreach (int padding in (int[])[0, 3, 4])
            {
                TensorShape shape = [5, columns];
                float[] numbers = Integers(columns, 5 * columns);
                using var table = GuardedTensor<T>.Of(device, type.Store(numbers), shape, [columns + padding, 1]);
                using Tensor<int> indices = device.Upload(_indices, [2, 3, 2]);
                using var output = GuardedTensor<T>.Poisoned(device, [2, 3, 2, columns]);

                device.EmbeddingLookup(table, indices, output, type.Type);

                output.Verify();
                table.VerifyUnchanged();
                type.Load(output.ToArray()).Should().Equal(_indices.SelectMany(row =>
                    Enumerable.Range(0, columns).Select(column => row is >= 0 and < 5 ? numbers[(row * columns) + column] : float.NaN)));

                using Tensor<int> none = device.Allocate<int>([0, 3]);
                using Tensor<T> nothing = device.Allocate<T>([0, 3, columns]);
                device.EmbeddingLookup(table, none, nothing, type.Type);
                device.EmbeddingLookup(table.View.Slice(0, 0, 0), indices, output, type.Type);
                type.Load(output.ToArray()).Should().OnlyContain(number => float.IsNaN(number));
                output.Verify();
            }
        }
    }

    private void VerifyGradient<T>(Backend backend, StoredType<T> type)
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        foreach (int columns in (int[])[1, 6, 8, 36, 515, 1030])
        {
            foreach (int padding in (int[])[0, 3, 4])
            {
                float[] before = Integers(columns, 5 * columns);
                float[] added = Integers(columns + 1, _indices.Length * columns);
                using var table = GuardedTensor<T>.Of(device, type.Store(before), [5, columns], [columns + padding, 1]);
                using var indices = GuardedTensor<int>.Of(device, _indices, [2, 3, 2]);
                using var gradient = GuardedTensor<T>.Of(device, type.Store(added), [2, 3, 2, columns]);
                float[] expected = [.. before];
                for (int token = 0; token < _indices.Length; token++)
                {
                    for (int column = 0; column < columns && _indices[token] is >= 0 and < 5; column++)
                        expected[(_indices[token] * columns) + column] += added[(token * columns) + column];
                }

                device.EmbeddingGradient(indices, gradient, table, type.Type);

                table.Verify();
                indices.VerifyUnchanged();
                gradient.VerifyUnchanged();
                type.Load(table.ToArray()).Should().Equal(expected, "there are {0} columns", columns);

                using Tensor<int> none = device.Allocate<int>([0, 3]);
                using Tensor<T> nothing = device.Allocate<T>([0, 3, columns]);
                device.EmbeddingGradient(none, nothing, table, type.Type);
                device.EmbeddingGradient(indices, gradient, table.View.Slice(0, 0, 0), type.Type);
                type.Load(table.ToArray()).Should().Equal(expected);
                table.Verify();
            }
        }
    }
}
