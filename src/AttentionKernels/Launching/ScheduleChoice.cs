namespace AttentionKernels.Launching;

/// <summary>Chooses the schedule of a kernel that has both.</summary>
internal static class ScheduleChoice
{
    /// <summary>Simt on GPUs whose limits allow it, otherwise Vector, or what is asked for.</summary>
    /// <exception cref="ArgumentException">What is asked for is no schedule.</exception>
    /// <exception cref="NotSupportedException">What is asked for cannot run on the device.</exception>
    public static KernelSchedule Resolve(AttentionDevice device, KernelSchedule? schedule, int groupSize, long sharedMemory)
    {
        DeviceDescription description = device.Description;
        bool fits = description.MaximumGroupSize >= groupSize && description.SharedMemoryPerGroup >= sharedMemory;
        switch (schedule)
        {
            case KernelSchedule.Simt when !fits:
                throw new NotSupportedException(
                    $"The Simt schedule needs groups of {groupSize} threads and {sharedMemory:N0} bytes of shared memory; " +
                    $"{description.Name} has groups of {description.MaximumGroupSize} and {description.SharedMemoryPerGroup:N0} bytes.");
            case KernelSchedule.Vector when description.Kind == DeviceKind.Cuda:
                throw new NotSupportedException("The Vector schedule is for processors: its micro-kernels have no PTX body.");
            case KernelSchedule.Simt or KernelSchedule.Vector:
                return schedule.Value;
            case KernelSchedule.TensorCore:
                throw new NotSupportedException("The TensorCore schedule is for attention; this is computed by Vector or Simt.");
            case not null:
                throw new ArgumentException($"The schedule is {schedule}; it must be Vector or Simt.", nameof(schedule));
        }

        if (!device.IsGpu)
            return KernelSchedule.Vector;
        if (fits)
            return KernelSchedule.Simt;
        return Resolve(device, KernelSchedule.Vector, groupSize, sharedMemory);
    }
}
