using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>The row micro-kernels for every count around their vector widths. Behind each row lies NaN.</summary>
[Trait("Speed", "Quick")]
public class VectorRowTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Stride = 263;
    private const float Factor = -1.7f;
    private static readonly int[] _counts = [.. Enumerable.Range(1, 70), 127, 128, 129, 255, 256, 257];
    private static readonly float[] _left = Rows(1);
    private static readonly float[] _right = Rows(2);
    private static readonly float[] _initial = Rows(3);

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Dot_is_the_sum_of_the_products(Backend backend)
    {
        float[] result = Run<DotRows>(backend);

        for (int row = 0; row < _counts.Length; row++)
        {
            double exact = 0;
            double magnitude = 0;
            for (int index = row * Stride; index < (row * Stride) + _counts[row]; index++)
            {
                exact += (double)_left[index] * _right[index];
                magnitude += Math.Abs((double)_left[index] * _right[index]);
            }

            // A sum of n products in any order, each addition rounded to half a unit of 2⁻²³.
            ((double)result[row * Stride]).Should().BeApproximately(exact, magnitude * _counts[row] * Math.Pow(2, -24), $"of {_counts[row]} elements");
        }
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void MultiplyAdd_rounds_once_and_touches_only_its_row(Backend backend) =>
        Run<MultiplyAddRows>(backend).Should().Equal(
            Expected(index => MathF.FusedMultiplyAdd(_left[index], Factor, _initial[index])));

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Scale_multiplies_and_touches_only_its_row(Backend backend) =>
        Run<ScaleRows>(backend).Should().Equal(Expected(index => Factor * _left[index]));

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Scale_works_in_place(Backend backend) =>
        Run<ScaleRowsInPlace>(backend).Should().Equal(Expected(index => Factor * _initial[index]));

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Multiply_takes_products_and_touches_only_its_row(Backend backend) =>
        Run<MultiplyRows>(backend).Should().Equal(Expected(index => _initial[index] * _left[index]));

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Clear_overwrites_whatever_was_there_and_only_its_row(Backend backend)
    {
        float[] poisoned = [.. Enumerable.Repeat(float.NaN, _initial.Length)];

        Run<ClearRows>(backend, poisoned).Should().Equal(Expected(_ => 0f));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(Stride + 1)]
    public void An_extent_that_leaves_the_view_is_caught_on_the_managed_CPU(int count)
    {
        Violation<DotRows>(count);
        Violation<MultiplyAddRows>(count);
        Violation<ScaleRows>(count);
        Violation<MultiplyRows>(count);
        Violation<ClearRows>(count);
    }

    // Rows of their counts, with NaN between them.
    private static float[] Rows(int seed)
    {
        float[] elements = RandomData.Normal(seed, _counts.Length * Stride);
        for (int row = 0; row < _counts.Length; row++)
            elements.AsSpan((row * Stride) + _counts[row], Stride - _counts[row]).Fill(float.NaN);
        return elements;
    }

    private static IEnumerable<float> Expected(Func<int, float> element) =>
        Enumerable.Range(0, _initial.Length).Select(index => index % Stride < _counts[index / Stride] ? element(index) : float.NaN);

    private float[] Run<TKernel>(Backend backend, float[]? initial = null)
        where TKernel : struct, ITileKernel<RowArguments>
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [_counts.Length, Stride];
        using var left = GuardedTensor<float>.Of(device, _left, shape);
        using var right = GuardedTensor<float>.Of(device, _right, shape);
        using var result = GuardedTensor<float>.Of(device, initial ?? _initial, shape);
        using Tensor<int> counts = device.Upload(_counts, [_counts.Length]);
        device.LoadTileKernel<TKernel, RowArguments>().Run(
            device.DefaultStream,
            new RowArguments(left.View.Data, right.View.Data, result.View.Data, counts.View.Data, Stride, Factor),
            _counts.Length);
        device.Synchronize();
        left.VerifyUnchanged();
        right.VerifyUnchanged();
        result.Verify();
        return result.ToArray();
    }

    private void Violation<TKernel>(int count)
        where TKernel : struct, ITileKernel<RowArguments>
    {
        AttentionDevice device = Device(Backend.Cpu);
        using var row = GuardedTensor<float>.Of(device, new float[Stride], [Stride]);
        using Tensor<int> counts = device.Upload([count], [1]);
        var arguments = new RowArguments(row.View.Data, row.View.Data, row.View.Data, counts.View.Data, Stride, Factor);
        TileKernel<TKernel, RowArguments> kernel = device.LoadTileKernel<TKernel, RowArguments>();

        kernel.Invoking(called => called.Run(device.DefaultStream, arguments, 1)).Should().Throw<BoundsException>();

        Bounds.Take().Should().ContainSingle().Which.Should().Contain("extent is out of range");
        row.VerifyUnchanged();
    }
}
