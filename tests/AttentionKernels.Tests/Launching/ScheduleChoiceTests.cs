using AttentionKernels.Launching;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Launching;

/// <summary>GPUs take the Simt schedule where a work group fits, and else the Vector one, of single threads.</summary>
public class ScheduleChoiceTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Threads = 128;
    private const int Shared = 32 << 10;

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void A_GPU_takes_work_groups_that_fit(Backend backend)
    {
        DeviceDescription gpu = Device(backend).Description with
        {
            Kind = DeviceKind.OpenClGpu,
            MaximumGroupSize = Threads,
            SharedMemoryPerGroup = Shared,
        };

        Resolve(gpu).Should().Be(KernelSchedule.Simt);
        Resolve(gpu with { MaximumGroupSize = Threads - 1 }).Should().Be(KernelSchedule.Vector);
        Resolve(gpu with { SharedMemoryPerGroup = Shared - 1 }).Should().Be(KernelSchedule.Vector);
        Resolve(gpu with { Kind = DeviceKind.OpenClCpu }).Should().Be(KernelSchedule.Vector);
        Resolve(gpu with { MaximumGroupSize = 64 }, KernelSchedule.Vector).Should().Be(KernelSchedule.Vector);
        FluentActions.Invoking(() => Resolve(gpu with { MaximumGroupSize = 64 }, KernelSchedule.Simt))
            .Should().Throw<NotSupportedException>().WithMessage("*needs groups of 128 threads and 32,768 bytes*has groups of 64 and 32,768 bytes*");
        FluentActions.Invoking(() => Resolve(gpu with { Kind = DeviceKind.Cuda, MaximumGroupSize = 64 }))
            .Should().Throw<NotSupportedException>().WithMessage("*Vector schedule is for processors*");

        KernelSchedule Resolve(DeviceDescription description, KernelSchedule? schedule = null)
        {
            using AttentionDevice device = Device(backend).As(description);
            return ScheduleChoice.Resolve(device, schedule, Threads, Shared);
        }
    }
}
