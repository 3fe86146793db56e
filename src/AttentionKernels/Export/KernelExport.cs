using AttentionKernels.Devices;

namespace AttentionKernels.Export;

/// <summary>Describes what the library launches, so that a program with a driver binding of its own can launch it without ILGPU.</summary>
public static class KernelExport
{
    /// <param name="device">The device.</param>
    extension(AttentionDevice device)
    {
        /// <summary>Runs an action, and describes each kernel that it launches on the device from the calling thread: operations, plans of
        /// any kind, and kernels of one's own alike.</summary>
        /// <remarks>
        /// <para>The description is of one launch: its numbers are those of the shapes that were recorded. Memory is named by the buffer
        /// that a view lies in, and where; a program puts pointers of its own there. Workspaces and tables that a plan owns are buffers
        /// like the others: kernels write those that are not marked as inputs, and the others have to be filled as they were.</para>
        /// <para>Without a compute capability, the text is what the driver of the device gets. With one, it is PTX, compiled without a
        /// driver, from the kernels that the action launches on whatever device: those of the Simt schedule, which
        /// <see cref="AttentionOptions.Schedule"/> and <see cref="NormOptions.Schedule"/> ask for, and tile kernels without vectors. The
        /// Vector schedule has no PTX.</para>
        /// </remarks>
        /// <param name="run">What launches the kernels. It is run, once.</param>
        /// <param name="computeCapability">70, 72, 75, 80, 86, 87, 89 or 90 for PTX of sm_70 to sm_90; the device's own language where
        /// <see langword="null"/>.</param>
        /// <returns>The launches, in their order.</returns>
        /// <exception cref="ArgumentException"><paramref name="computeCapability"/> is none of those.</exception>
        /// <exception cref="ArgumentNullException"><paramref name="run"/> is <see langword="null"/>.</exception>
        /// <exception cref="InvalidOperationException">The calling thread is recording already.</exception>
        /// <exception cref="KernelCompilationException">A kernel has no PTX.</exception>
        /// <exception cref="NotSupportedException">The device is the managed CPU, whose kernels have no text, and no compute capability is
        /// named; or a kernel uses tensor cores, and the capability is below 80.</exception>
        /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
        /// <example>
        /// <code>
        /// using AttentionKernels.Export;
        ///
        /// using Tensor&lt;float> input = device.Allocate&lt;float>([16, 64]), output = device.Allocate&lt;float>(input.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]);
        /// var options = new NormOptions { Schedule = KernelSchedule.Simt };
        /// foreach (ExportedLaunch launch in device.RecordLaunches(
        ///     () => device.RmsNorm(input, weight, output, NumberFormat.Float32, options), computeCapability: 80))
        /// {
        ///     launch.Save("kernels");
        /// }
        /// </code>
        /// </example>
        public IReadOnlyList<ExportedLaunch> RecordLaunches(Action run, int? computeCapability = null)
        {
            ArgumentNullException.ThrowIfNull(device);
            ArgumentNullException.ThrowIfNull(run);
            device.ThrowIfDisposed();
            if (computeCapability is { } capability)
                OfflinePtx.Check(capability, nameof(computeCapability));
            else if (device.Description.Kind == DeviceKind.Cpu)
            {
                throw new NotSupportedException(
                    $"{DeviceChecks.Own(device)} runs the kernels' own IL, which has no text; name a compute capability for PTX.");
            }

            IReadOnlyList<RecordedLaunch> recorded = LaunchRecording.Record(device, computeCapability is not null, run);
            var memory = new MemoryNumbers();
            return [.. recorded.Select((launch, index) => ExportedLaunch.Of(launch, index, computeCapability, memory))];
        }
    }
}
