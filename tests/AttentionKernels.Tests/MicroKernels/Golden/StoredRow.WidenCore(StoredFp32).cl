{
    // StoredRow.WidenCore<StoredFp32>
    global float* row = (global float*)var0;
    global float* target = var1;
    const int count = var2;
    int i = 0;
    for (; i + 8 <= count; i += 8) vstore8(vload8(0, row + (i)), 0, target + i);
    for (; i < count; i++) target[i] = (row)[i];
}
