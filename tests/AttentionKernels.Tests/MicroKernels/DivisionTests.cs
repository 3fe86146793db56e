using AttentionKernels.MicroKernels;
using AttentionKernels.Tests.Infrastructure;
using CsCheck;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

public sealed class DivisionTests(TestDevices devices) : DeviceTests(devices)
{
    [Fact]
    public void Narrow_and_wide_indices_divide_alike()
    {
        Gen.Select(Gen.OneOf(Gen.Long[0, 1000], Gen.Long[int.MaxValue - 1000L, int.MaxValue + 1000L], Gen.Long[0, long.MaxValue]),
            Gen.OneOf(Gen.Int[1, 70], Gen.Int[1, int.MaxValue]))
            .Sample((index, divisor) =>
            {
                (long quotient, long remainder) = Math.DivRem(index, divisor);
                Division.Of(index, divisor).Should().Be(new Division(quotient, (int)remainder));
            });
    }

    [Theory, EachBackend]
    public void Devices_divide_narrow_and_wide_indices(Backend backend)
    {
        AttentionDevice device = Device(backend);
        long[] indices = [0, 6, 7, int.MaxValue - 1L, int.MaxValue, int.MaxValue + 1L, 1L << 32, (1L << 40) + 5, long.MaxValue];
        using Tensor<long> dividends = device.Upload(indices, [indices.Length]);
        using Tensor<long> quotients = device.Allocate<long>([indices.Length]);
        using Tensor<int> remainders = device.Allocate<int>([indices.Length]);
        foreach (int divisor in (int[])[1, 7, 4096, int.MaxValue])
        {
            device.LoadTileKernel<DivideIndices, DivideIndicesArguments>().Run(
                device.DefaultStream,
                new DivideIndicesArguments
                {
                    Indices = dividends.View.Data,
                    Quotients = quotients.View.Data,
                    Remainders = remainders.View.Data,
                    Divisor = divisor,
                },
                indices.Length);

            quotients.ToArray().Should().Equal(indices.Select(index => index / divisor));
            remainders.ToArray().Should().Equal(indices.Select(index => (int)(index % divisor)));
        }
    }
}
