/* The image of the program, in flash. */

	.section .rodata.image, "a"
	.balign 16
	.globl image_start, image_end
image_start:
	.incbin IMAGE
image_end:
