using System.Numerics.Tensors;
using AttentionKernels.Tests.Infrastructure;
using CsCheck;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Tensors;

[Trait("Speed", "Quick")]
public class TensorViewTests(TestDevices devices) : DeviceTests(devices)
{
    [Theory, EachBackend]
    public void Host_tensors_of_any_strides_are_copied(Backend backend)
    {
        AttentionDevice device = Device(backend);
        float[] elements = [.. Enumerable.Range(0, 24).Select(index => (float)index)];
        using Tensor<float> tensor = device.Allocate<float>([3, 2, 2]);

        // The inner half of each row of four, and back to the outer one.
        tensor.CopyFrom(new ReadOnlyTensorSpan<float>(elements, 1, [3, 2, 2], [8, 4, 1]));
        var target = new TensorSpan<float>(elements, 2, [3, 2, 2], [8, 4, 1]);
        tensor.CopyTo(target);

        tensor.ToArray().Should().Equal(1, 2, 5, 6, 9, 10, 13, 14, 17, 18, 21, 22);
        elements.Should().Equal(0, 1, 1, 2, 4, 5, 5, 6, 8, 9, 9, 10, 12, 13, 13, 14, 16, 17, 17, 18, 20, 21, 21, 22);
    }

    [Theory, EachBackend]
    public void Host_tensors_of_another_shape_are_refused(Backend backend)
    {
        using Tensor<float> tensor = Device(backend).Allocate<float>([3, 4]);
        float[] elements = new float[12];
        // A tensor has more dimensions than a shape may.
        Action many = () => tensor.CopyFrom(new ReadOnlyTensorSpan<float>(elements, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 4]));
        Action from = () => tensor.CopyFrom(new ReadOnlyTensorSpan<float>(elements, [4, 3]));
        Action to = () => tensor.CopyTo(new TensorSpan<float>(elements, [12]));

        from.Should().Throw<ArgumentException>().WithMessage("*'source' is*4*3*must be*").WithParameterName("source");
        many.Should().Throw<ArgumentException>();
        to.Should().Throw<ArgumentException>().WithMessage("*'target' is*12*must be*").WithParameterName("target");
    }

    [Theory, EachBackend]
    public void A_slice_sees_its_part_without_copying(Backend backend)
    {
        using Tensor<float> tensor = Counting(backend, [3, 4]);

        TensorView<float> slice = tensor.Slice(1, 1, 2);

        slice.Shape.Should().Equal(3, 2);
        slice.IsDense.Should().BeFalse();
        slice.ToArray().Should().Equal(1f, 2f, 5f, 6f, 9f, 10f);
        tensor.CopyFrom(new float[12]);
        slice.ToArray().Should().OnlyContain(element => element == 0f);
    }

    [Theory, EachBackend]
    public void A_swap_transposes_and_twice_is_the_original(Backend backend)
    {
        using Tensor<float> tensor = Counting(backend, [2, 3]);

        tensor.View.Transpose(0, 1).Shape.Should().Equal(3, 2);
        tensor.View.Transpose(0, 1).ToArray().Should().Equal(0f, 3f, 1f, 4f, 2f, 5f);
        tensor.View.Transpose(0, 1).Transpose(1, 0).ToArray().Should().Equal(tensor.ToArray());
        tensor.View.Transpose(1, 1).ToArray().Should().Equal(tensor.ToArray());
    }

    [Theory, EachBackend]
    public void A_reshape_keeps_the_order_of_the_elements(Backend backend)
    {
        using Tensor<float> tensor = Counting(backend, [2, 6]);

        TensorView<float> reshaped = tensor.View.Reshape([3, 2, 2]);

        reshaped.Shape.Should().Equal(3, 2, 2);
        reshaped.ToArray().Should().Equal(tensor.ToArray());
        reshaped.Slice(0, 1, 1).ToArray().Should().Equal(4f, 5f, 6f, 7f);
    }

    [Theory, EachBackend]
    public void Any_chain_of_slices_and_swaps_selects_what_indexing_selects(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> tensor = Counting(backend, [4, 5, 3]);
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 2], Gen.Int[0, 2]).Sample((start0, end0, start1, end1, first, second) =>
        {
            (start0, end0, start1, end1) = (Math.Min(start0, end0), Math.Max(start0, end0), Math.Min(start1, end1), Math.Max(start1, end1));
            TensorView<float> view = tensor.Slice(0, start0, end0 - start0 + 1).Slice(1, start1, end1 - start1).Transpose(first, second);

            var expected = new List<float>();
            long[] at = new long[3];
            for (at[0] = 0; at[0] < view.Shape[0]; at[0]++)
            {
                for (at[1] = 0; at[1] < view.Shape[1]; at[1]++)
                {
                    for (at[2] = 0; at[2] < view.Shape[2]; at[2]++)
                    {
                        long[] source = [.. at];
                        (source[first], source[second]) = (source[second], source[first]);
                        expected.Add(((((start0 + source[0]) * 5) + start1 + source[1]) * 3) + source[2]);
                    }
                }
            }

            view.ToArray().Should().Equal(expected);
        }, iter: 60, threads: 1);
        device.Synchronize();
    }

    [Theory, EachBackend]
    public void Ranges_outside_a_dimension_are_refused(Backend backend)
    {
        using Tensor<float> tensor = Counting(backend, [2, 3]);

        tensor.Invoking(whole => whole.Slice(2, 0, 1)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("dimension");
        tensor.Invoking(whole => whole.Slice(-1, 0, 1)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("dimension");
        tensor.Invoking(whole => whole.Slice(1, -1, 1)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("start");
        tensor.Invoking(whole => whole.Slice(1, 4, 0)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("start");
        tensor.Invoking(whole => whole.Slice(1, 1, 3)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("length");
        tensor.Invoking(whole => whole.Slice(1, 1, -1)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("length");
        tensor.Invoking(whole => whole.Slice(1, 1, long.MaxValue)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("length");
        tensor.Slice(1, 3, 0).ToArray().Should().BeEmpty("an empty slice may start at the end");
        FluentActions.Invoking(() => tensor.View.Transpose(0, 2)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Theory, EachBackend]
    public void Only_dense_views_can_be_reshaped_and_copied_into(Backend backend)
    {
        using Tensor<float> tensor = Counting(backend, [2, 3]);

        FluentActions.Invoking(() => tensor.View.Transpose(0, 1).Reshape([6])).Should().Throw<InvalidOperationException>();
        FluentActions.Invoking(() => tensor.View.Transpose(0, 1).CopyFrom(new float[6])).Should().Throw<InvalidOperationException>();
        FluentActions.Invoking(() => tensor.View.Reshape([5])).Should().Throw<ArgumentException>().WithParameterName("shape");
        FluentActions.Invoking(() => tensor.View.Reshape([-2, -3])).Should().Throw<ArgumentException>().WithParameterName("shape");
        tensor.ToArray().Should().Equal(0f, 1f, 2f, 3f, 4f, 5f);
    }

    [Theory, EachBackend]
    public void A_view_beyond_its_memory_is_refused(Backend backend)
    {
        using Tensor<float> tensor = Counting(backend, [6]);
        ILGPU.ArrayView<float> data = tensor.View.Data;

        new TensorView<float>(data, [2, 2], [4, 1]).ToArray().Should().Equal(0f, 1f, 4f, 5f);
        FluentActions.Invoking(() => new TensorView<float>(data, [7])).Should().Throw<ArgumentException>().WithParameterName("data");
        FluentActions.Invoking(() => new TensorView<float>(data, [2, 2], [5, 1])).Should().Throw<ArgumentException>().WithParameterName("data");
        FluentActions.Invoking(() => new TensorView<float>(data, [2, 2], [-1, 1])).Should().Throw<ArgumentException>().WithParameterName("strides");
        FluentActions.Invoking(() => new TensorView<float>(data, [2, 2], [1])).Should().Throw<ArgumentException>().WithParameterName("strides");
        FluentActions.Invoking(() => new TensorView<float>(data, [-2, -2])).Should().Throw<ArgumentException>().WithParameterName("shape");
    }

    [Theory, EachBackend]
    public void A_reach_that_64_bits_cannot_count_is_refused_too(Backend backend)
    {
        using Tensor<float> tensor = Counting(backend, [6]);

        FluentActions.Invoking(() => new TensorView<float>(tensor.View.Data, [2], [long.MaxValue])).Should().Throw<ArgumentException>().WithParameterName("data");
        FluentActions.Invoking(() => new TensorView<float>(tensor.View.Data, [3], [long.MaxValue])).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new TensorView<float>(tensor.View.Data, [1L << 40, 1L << 40])).Should().Throw<ArgumentException>();
    }

    [Theory, EachBackend]
    public void A_stride_of_zero_repeats_elements(Backend backend)
    {
        using Tensor<float> tensor = Counting(backend, [3]);

        new TensorView<float>(tensor.View.Data, [2, 3], [0, 1]).ToArray().Should().Equal(0f, 1f, 2f, 0f, 1f, 2f);
    }

    private Tensor<float> Counting(Backend backend, TensorShape shape) =>
        Device(backend).Upload([.. Enumerable.Range(0, (int)shape.ElementCount).Select(index => (float)index)], shape);
}
